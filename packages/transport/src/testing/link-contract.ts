// The contract of a link as a suite that runs over every implementation, those of others too.
import { ConfigError, ProtocolError } from '@lockstep/errors';
import { afterEach, describe, expect, it } from 'vitest';
import type { Link } from '../link.js';
import { frameHeader, leave, pattern, pause, Recorder } from './harness.js';

/**
 * @param make a coordinator's end and the worker's that dialled it, fresh each time
 * @param always why the worker's end reads also while nobody takes what it has read; undefined if it does not
 */
export function linkContract(
  name: string,
  make: () => Promise<[Link, Link]>,
  always?: string,
): void {
  const links: Link[] = [];
  afterEach(() => {
    for (const link of links.splice(0)) link.close('test', 'the test is over');
  });

  describe(`a link over ${name}`, () => {
    /** The coordinator's end and the worker's. */
    async function pair(): Promise<[Link, Link]> {
      const ends = await make();
      links.push(...ends);
      return ends;
    }

    it('delivers control messages and frames in the order they were sent, both ways at once', async () => {
      const [coordinator, worker] = await pair();
      const atCoordinator = new Recorder(coordinator);
      const atWorker = new Recorder(worker);
      for (let i = 0; i < 200; i++) {
        const payload = pattern((i * 976) % 30_000, i);
        if (i % 3 === 0) {
          coordinator.sendControl(pause(i));
          worker.sendControl(leave(`${i}`));
        } else {
          coordinator.sendFrame(frameHeader(i, payload.length), [payload]);
          worker.sendFrame(frameHeader(i, payload.length), [payload]);
        }
      }
      await Promise.all([atCoordinator.count(200), atWorker.count(200)]);
      for (const { seen } of [atCoordinator, atWorker]) {
        const numbers = seen.map((one) => {
          if (one.kind === 'frame') return one.header.step;
          if (one.kind === 'control' && one.message.type === 'pause') return one.message.generation;
          return one.kind === 'control' && one.message.type === 'leave' ? +one.message.reason : -1;
        });
        expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i));
        for (const one of seen) {
          if (one.kind !== 'frame') continue;
          const { step, bytes } = one.header;
          expect(one.payload.equals(pattern(bytes, step))).toBe(true);
        }
      }
    });

    it('carries frames of several MiB in many pieces byte by byte, from shared memory too', async () => {
      const [coordinator, worker] = await pair();
      const bytes = 6 * 1024 * 1024 + 12;
      for (const link of [coordinator, worker]) {
        link.limit(bytes);
        link.limitQueue(2 * bytes);
      }
      const sent = new Uint8Array(new SharedArrayBuffer(bytes));
      sent.set(pattern(bytes, 4));
      const cuts = [0, 1, 3, 70_001, 70_001, 2_000_000, 5_999_999, bytes];
      const pieces = cuts.slice(1).map((end, i) => sent.subarray(cuts[i], end));
      const header = { ...frameHeader(7, bytes), kind: 'sum', offset: 2 ** 29 } as const;
      const atCoordinator = new Recorder(coordinator);
      const atWorker = new Recorder(worker);
      coordinator.sendFrame(header, pieces);
      worker.sendFrame(header, pieces);
      for (const recorder of [atCoordinator, atWorker]) {
        await recorder.count(1);
        const [first] = recorder.seen;
        expect(first).toMatchObject({ kind: 'frame', header });
        expect(first?.kind === 'frame' && first.payload.equals(sent)).toBe(true);
      }
    });

    it('carries a frame without payload, and one of very many tiny pieces', async () => {
      const [coordinator, worker] = await pair();
      const recorder = new Recorder(worker);
      coordinator.sendFrame(frameHeader(1, 0), []);
      const data = pattern(20_000, 9);
      const pieces = Array.from(data, (_, i) => data.subarray(i, i + 1));
      coordinator.sendFrame(frameHeader(2, data.length), pieces);
      await recorder.count(2);
      expect(recorder.seen[0]).toMatchObject({ header: frameHeader(1, 0) });
      expect(recorder.seen[1]?.kind === 'frame' && recorder.seen[1].payload.equals(data)).toBe(
        true,
      );
    });

    it('keeps what comes before start, and calls no handler from inside start', async () => {
      const [coordinator, worker] = await pair();
      coordinator.sendControl(pause(1));
      coordinator.sendFrame(frameHeader(2, 4), [Uint8Array.of(1, 2, 3, 4)]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      coordinator.sendControl(pause(3));
      const recorder = new Recorder(worker);
      expect(recorder.seen).toEqual([]);
      await recorder.count(3);
      expect(recorder.seen.map(({ kind }) => kind)).toEqual(['control', 'frame', 'control']);
      expect(() => new Recorder(worker)).toThrow(/started before/);
    });

    it('close delivers what was sent before it, then the reason, once on each side and nothing after', async () => {
      const [coordinator, worker] = await pair();
      const atCoordinator = new Recorder(coordinator);
      const atWorker = new Recorder(worker);
      const big = pattern(900_000, 1);
      coordinator.sendFrame(frameHeader(1, big.length), [big]);
      coordinator.sendControl(pause(2));
      coordinator.close('expelled', 'a worker of another colour');
      expect(atCoordinator.seen).toEqual([]);
      coordinator.close('again', 'is ignored');
      coordinator.sendControl(pause(3));
      coordinator.sendFrame(frameHeader(4, 4), [new Uint8Array(4)]);
      worker.sendControl(leave('crosses the close'));
      const reason = { code: 'expelled', message: 'a worker of another colour' };
      expect(await atWorker.untilClosed()).toEqual(reason);
      expect(await atCoordinator.untilClosed()).toEqual(reason);
      worker.sendControl(leave('too late'));
      worker.close('late', 'too late');
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(atWorker.seen.map(({ kind }) => kind)).toEqual(['frame', 'control', 'closed']);
      expect(atCoordinator.seen).toEqual([{ kind: 'closed', reason }]);
    });

    it('delivers nothing more once a handler has closed the link', async () => {
      const [coordinator, worker] = await pair();
      const atWorker = new Recorder(worker, (seen) => {
        if (seen.kind === 'control') worker.close('enough', 'one is enough');
      });
      for (let i = 0; i < 5; i++) coordinator.sendControl(pause(i));
      const atCoordinator = new Recorder(coordinator);
      expect(await atCoordinator.untilClosed()).toEqual({
        code: 'enough',
        message: 'one is enough',
      });
      await atWorker.untilClosed();
      expect(atWorker.seen.map(({ kind }) => kind)).toEqual(['control', 'closed']);
    });

    it('a frame above the limit closes both sides as a protocol error and is not delivered', async () => {
      const [coordinator, worker] = await pair();
      const atCoordinator = new Recorder(coordinator);
      const atWorker = new Recorder(worker);
      worker.limit(1000, 2000);
      coordinator.sendFrame(frameHeader(1, 1000), [pattern(1000, 1)]);
      coordinator.sendFrame(frameHeader(2, 1004), [pattern(1004, 1)]);
      expect(await atWorker.untilClosed()).toMatchObject({
        code: 'protocol',
        message: expect.stringMatching(/too large.*1000.*1004/),
      });
      expect((await atCoordinator.untilClosed()).code).toBe('protocol');
      expect(atWorker.seen.map(({ kind }) => kind)).toEqual(['frame', 'closed']);
    });

    it('a control message above its limit closes both sides as a protocol error', async () => {
      const [coordinator, worker] = await pair();
      const atCoordinator = new Recorder(coordinator);
      const atWorker = new Recorder(worker);
      coordinator.limit(100_000, 100);
      worker.sendControl(leave('short'));
      worker.sendControl(leave('long '.repeat(100)));
      expect((await atCoordinator.untilClosed()).code).toBe('protocol');
      expect((await atWorker.untilClosed()).code).toBe('protocol');
      expect(atCoordinator.seen.map(({ kind }) => kind)).toEqual(['control', 'closed']);
    });

    it('shows in queuedBytes what the other side has not taken, and comes back to 0', async () => {
      const [coordinator, worker] = await pair();
      const bytes = 24 * 1024 * 1024;
      worker.limit(bytes);
      coordinator.limitQueue(2 * bytes);
      const payload = new Uint8Array(bytes);
      expect(coordinator.queuedBytes).toBe(0);
      coordinator.sendFrame(frameHeader(1, bytes), [payload]);
      // The worker has not started: where nothing of it is read, no kernel holds this much.
      if (!always) await new Promise((resolve) => setTimeout(resolve, 100));
      expect(coordinator.queuedBytes).toBeGreaterThan(1024 * 1024);
      const recorder = new Recorder(worker);
      await recorder.count(1);
      for (let i = 0; i < 200 && coordinator.queuedBytes > 0; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(coordinator.queuedBytes).toBe(0);
    });

    it('says when a frame has left: not before the other side takes it, once, and never from inside', async () => {
      const [coordinator, worker] = await pair();
      const bytes = 24 * 1024 * 1024;
      worker.limit(bytes);
      coordinator.limitQueue(2 * bytes);
      const left: string[] = [];
      const large = new Uint8Array(bytes);
      coordinator.sendFrame(frameHeader(1, bytes), [large], () => left.push('large'));
      coordinator.sendFrame(frameHeader(2, 4), [new Uint8Array(4)], () => left.push('small'));
      expect(left).toEqual([]);
      if (!always) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(left).toEqual([]);
      }
      const atLeave: string[][] = [];
      const atCoordinator = new Recorder(coordinator, () => atLeave.push([...left]));
      new Recorder(worker, (seen) => {
        if (seen.kind === 'frame') worker.sendControl(leave(`${seen.header.step}`));
      });
      await atCoordinator.count(2);
      // What leaves after the first frame does so after its call.
      expect(atLeave[1]!.slice(0, 1)).toEqual(['large']);
      while (left.length < 2) await new Promise((resolve) => setImmediate(resolve));
      expect(left).toEqual(['large', 'small']);
    });

    const reading = always === undefined ? '' : ` (skipped: ${always})`;
    it.skipIf(always)(
      `a frame that cannot leave before the link ends is not said to have${reading}`,
      async () => {
        const [coordinator] = await pair();
        const atCoordinator = new Recorder(coordinator);
        const bytes = 24 * 1024 * 1024;
        coordinator.limitQueue(bytes + 1000);
        const left: string[] = [];
        coordinator.sendFrame(frameHeader(1, bytes), [new Uint8Array(bytes)], () =>
          left.push('left'),
        );
        coordinator.close('enough', 'of this');
        await atCoordinator.untilClosed();
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(left).toEqual([]);
      },
    );

    it.skipIf(always)(
      `queues up to its limit for a side that does not read; one more message closes it as lost${reading}`,
      async () => {
        const [coordinator] = await pair();
        const atCoordinator = new Recorder(coordinator);
        const limit = 16 * 1024 * 1024;
        coordinator.limitQueue(limit);
        const payload = new Uint8Array(1024 * 1024);
        let most = 0;
        // Some is taken by the kernel; the rest comes to the limit and not beyond.
        for (let i = 0; i < 40 && atCoordinator.closed === undefined; i++) {
          coordinator.sendFrame(frameHeader(i, payload.length), [payload]);
          most = Math.max(most, coordinator.queuedBytes);
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect(atCoordinator.closed).toMatchObject({
          code: 'lost',
          message: expect.stringMatching(
            /does not take what is sent: \d+ bytes are queued.*16777216/,
          ),
        });
        expect(most).toBeGreaterThan(limit - 2 * payload.length);
        expect(most).toBeLessThanOrEqual(limit);
      },
    );

    it('delivers a flood of messages over several turns of the event loop, all and in order', async () => {
      const [coordinator, worker] = await pair();
      for (let i = 0; i < 300; i++) worker.sendControl(leave(`${i}`));
      await new Promise((resolve) => setTimeout(resolve, 50));
      let turn = 0;
      let isOver = false;
      const count = () => {
        turn++;
        if (!isOver) setImmediate(count);
      };
      setImmediate(count);
      const turns: number[] = [];
      const recorder = new Recorder(coordinator, () => turns.push(turn));
      await recorder.count(300);
      isOver = true;
      const most = Math.max(...turns.map((at) => turns.filter((other) => other === at).length));
      expect(most).toBeLessThanOrEqual(100);
      const reasons = recorder.seen.map(
        (one) => one.kind === 'control' && one.message.type === 'leave' && one.message.reason,
      );
      expect(reasons).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`));
    });

    it('refuses to send what is not valid, and stays open', async () => {
      const [coordinator, worker] = await pair();
      const recorder = new Recorder(worker);
      expect(() => coordinator.sendFrame(frameHeader(1, 4), [Uint8Array.of(1)])).toThrow(
        ProtocolError,
      );
      expect(() => coordinator.sendFrame(frameHeader(-1, 4), [new Uint8Array(4)])).toThrow(/wire/);
      expect(() => coordinator.sendControl(pause(-1))).toThrow(/wire/);
      expect(() => coordinator.close('Not A Code', '')).toThrow(ConfigError);
      expect(() => worker.limit(-1)).toThrow(ConfigError);
      expect(() => worker.limit(2 ** 31)).toThrow(ConfigError);
      expect(() => worker.limitQueue(-1)).toThrow(ConfigError);
      coordinator.sendControl(pause(6));
      await recorder.count(1);
      expect(recorder.seen).toMatchObject([{ kind: 'control', message: { generation: 6 } }]);
    });

    it('knows the run and incarnation of the other side', async () => {
      const [coordinator, worker] = await pair();
      expect(coordinator.remote.role).toBe('worker');
      expect(worker.remote.role).toBe('coordinator');
      expect(worker.remote.run).toBe(coordinator.remote.run);
      expect(worker.remote.incarnation).toBe(coordinator.remote.incarnation);
      expect(coordinator.staleFrames).toBe(0);
    });
  });
}
