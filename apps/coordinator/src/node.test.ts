import { createHash } from 'node:crypto';
import { alignedBlocks } from '@lockstep/collective';
import type { DatasetDescription, FrameHeader, RunMessage, WorkerMessage } from '@lockstep/wire';
import { describe, expect, it } from 'vitest';
import type { Config } from './membership/types.js';
import { CoordinatorNode } from './node.js';
import type { NodeEffect, NodeEvent } from './node-types.js';

/** More than two pieces. */
const STATE_BYTES = 2 * 1024 * 1024 + 12;
const PIECE = 1024 * 1024;
const FLOATS = 20;
const COORDINATOR = 0xffff;

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function stateBytes(step: number): Uint8Array {
  return Uint8Array.from({ length: STATE_BYTES }, (_, at) => at * 7 + step);
}

const INPUTS = { sha256: 'a'.repeat(64), bytes: 5000, type: 'uint8' } as const;
const TRAIN: DatasetDescription = {
  name: 'tiny',
  samples: 50,
  inputShape: [100],
  inputDivisor: 1,
  targetShape: [],
  classes: 2,
  inputs: INPUTS,
  targets: { sha256: 'b'.repeat(64), bytes: 200, type: 'int32' },
};
const RUN: RunMessage = {
  type: 'run',
  run: '0'.repeat(32),
  name: 'a run',
  config: '{}',
  train: TRAIN,
  test: null,
  digestEvery: 10,
  heartbeatTimeoutMs: 5000,
  audit: null,
};
const CONFIG: Config = {
  shards: 4,
  chunks: 0,
  stepsPerEpoch: 10,
  steps: 10,
  checkpointEvery: 10,
  topology: 'star',
  audit: null,
  minWorkers: 2,
  maxWorkers: 8,
  resumeGraceMs: 2000,
};

class Host {
  readonly node: CoordinatorNode;
  readonly effects: NodeEffect[] = [];

  constructor(config: Partial<Config> = {}) {
    let drawn = 0;
    this.node = new CoordinatorNode({
      config: { ...CONFIG, ...config },
      durable: {
        generation: 0,
        members: [],
        saved: { step: 0, digest: sha256(stateBytes(0)) },
        evaluated: null,
      },
      run: RUN,
      stateBytes: STATE_BYTES,
      vectorFloats: FLOATS,
      drawKey: () => new Uint8Array(32).fill(++drawn),
    });
    this.handle({ type: 'start' });
  }

  handle(event: NodeEvent): NodeEffect[] {
    const effects = this.node.handle(event, 0);
    this.effects.push(...effects);
    return effects;
  }

  say(id: number, message: WorkerMessage): NodeEffect[] {
    return this.handle({ type: 'control', id, message });
  }

  join(id: number, step: number | null = null): NodeEffect[] {
    this.handle({ type: 'connected', id });
    const held = step === null ? null : { step, digest: sha256(stateBytes(step)) };
    return this.say(id, { type: 'join', name: `w${id}`, threads: 1, url: null, held });
  }

  paused(id: number, step: number | null = null): NodeEffect[] {
    const { generation } = this.node.membership;
    const held = step === null ? null : { step, digest: sha256(stateBytes(step)) };
    return this.say(id, { type: 'paused', generation, held });
  }

  frame(id: number, header: Partial<FrameHeader>, payload: readonly Uint8Array[]): NodeEffect[] {
    const { generation } = this.node.membership;
    const bytes = payload.reduce((sum, piece) => sum + piece.length, 0);
    return this.handle({
      type: 'frame',
      id,
      header: { kind: 'state', generation, step: 0, rank: 0, offset: 0, bytes, ...header },
      payload,
    });
  }

  /** All pieces of a state, as a worker sends them. */
  sendState(id: number, step: number, bytes = stateBytes(step)): NodeEffect[] {
    const effects: NodeEffect[] = [];
    for (let offset = 0; offset < bytes.length; offset += PIECE) {
      effects.push(...this.frame(id, { step, offset }, [bytes.subarray(offset, offset + PIECE)]));
    }
    return effects;
  }

  /** Two workers at step 0, prepared. */
  begin(): void {
    this.join(1);
    this.join(2);
    this.paused(1);
    this.paused(2);
    this.handle({ type: 'state-loaded', step: 0, bytes: stateBytes(0) });
    const { generation } = this.node.membership;
    const held = { step: 0, digest: sha256(stateBytes(0)) };
    for (const id of [1, 2]) this.say(id, { type: 'prepared', generation, held });
  }
}

function closes(effects: readonly NodeEffect[]) {
  return effects.filter((effect) => effect.type === 'close');
}

function frames(effects: readonly NodeEffect[], to: number) {
  return effects.filter((effect) => effect.type === 'send-frame' && effect.to === to);
}

describe('CoordinatorNode', () => {
  it('sends the run first, and sets a limit to what may come', () => {
    const host = new Host();
    expect(host.handle({ type: 'connected', id: 1 })).toEqual([
      { type: 'limit', to: 1, maxFrameBytes: PIECE },
      { type: 'send', to: 1, message: RUN },
    ]);
  });

  it('passes its own state on in pieces to those who lack it, then the generation with a key', () => {
    const host = new Host();
    host.begin();
    const told = host.effects.flatMap((effect) =>
      effect.type === 'send' && effect.to === 2 ? [effect.message.type] : [],
    );
    expect(told).toEqual(['run', 'pause', 'take-state', 'generation', 'advance']);
    const pieces = frames(host.effects, 2).map((effect) =>
      effect.type === 'send-frame' ? effect : undefined,
    );
    expect(pieces.map((piece) => piece!.header)).toEqual(
      [0, PIECE, 2 * PIECE].map((offset) => ({
        kind: 'state',
        generation: 1,
        step: 0,
        rank: COORDINATOR,
        offset,
        bytes: Math.min(PIECE, STATE_BYTES - offset),
      })),
    );
    expect(sha256(Buffer.concat(pieces.flatMap((piece) => piece!.payload)))).toBe(
      sha256(stateBytes(0)),
    );
    expect(host.effects).toContainEqual({
      type: 'send',
      to: 2,
      message: {
        type: 'generation',
        generation: 1,
        step: 0,
        digest: sha256(stateBytes(0)),
        rank: 1,
        topology: 'star',
        members: [
          { name: 'w1', url: null, first: 0, end: 2 },
          { name: 'w2', url: null, first: 2, end: 4 },
        ],
        key: new Uint8Array(32).fill(1),
      },
    });
  });

  it('fetches a newer state from its holder, verifies it, and passes it on', () => {
    const host = new Host();
    host.join(1);
    host.join(2, 7);
    host.paused(1);
    const asks = host.paused(2, 7);
    expect(asks).toContainEqual({
      type: 'send',
      to: 2,
      message: { type: 'send-state', generation: 1, step: 7 },
    });
    const effects = host.sendState(2, 7);
    expect(frames(effects, 1)).toHaveLength(3);
    expect(frames(effects, 2)).toHaveLength(0);
  });

  it('closes the link of a worker whose state is not what it said, and goes on without it', () => {
    const wrong = stateBytes(7);
    wrong[PIECE]! ^= 1;
    const host = new Host();
    host.join(1);
    host.join(2, 7);
    host.paused(1);
    host.paused(2, 7);
    const [closed] = closes(host.sendState(2, 7, wrong));
    expect(closed).toMatchObject({ id: 2, code: 'protocol' });
    expect(host.node.membership.members.map(({ id }) => id)).toEqual([1]);
  });

  it('takes no piece that is out of place, too long, empty, of another step or not asked for', () => {
    const wrongs: [string, Partial<FrameHeader>, number][] = [
      ['out of place', { step: 7, offset: 8 }, 2],
      ['too long', { step: 7, bytes: STATE_BYTES + 1 }, 2],
      ['empty', { step: 7, bytes: 0 }, 2],
      ['of another step', { step: 6 }, 2],
      ['not asked for', { step: 7 }, 1],
    ];
    for (const [what, header, from] of wrongs) {
      const host = new Host();
      host.join(1);
      host.join(2, 7);
      host.paused(1);
      host.paused(2, 7);
      // A link hands over as many bytes as the header says.
      const bytes = new Uint8Array(header.bytes ?? 8);
      expect(closes(host.frame(from, header, [bytes])), what).toMatchObject([{ id: from }]);
    }
  });

  it('stops taking a state when a new generation forms', () => {
    const host = new Host();
    host.join(1);
    host.join(2, 7);
    host.paused(1);
    host.paused(2, 7);
    host.frame(2, { step: 7 }, [stateBytes(7).subarray(0, PIECE)]);
    host.join(3);
    const rest = stateBytes(7).subarray(PIECE, 2 * PIECE);
    expect(host.frame(2, { generation: 1, step: 7, offset: PIECE }, [rest])).toEqual([]);
    host.paused(1);
    host.paused(3);
    host.paused(2, 7);
    expect(frames(host.sendState(2, 7), 3)).toHaveLength(3);
  });

  it('ends the run if its own checkpoint has other bytes than it was saved with', () => {
    const host = new Host();
    host.join(1);
    host.join(2);
    host.paused(1);
    host.paused(2);
    const effects = host.handle({ type: 'state-loaded', step: 0, bytes: stateBytes(1) });
    expect(effects.at(-1)).toMatchObject({ type: 'over', outcome: { code: 'disk' } });
  });

  it('saves the state of a stop point from a member that stands there', () => {
    const host = new Host();
    host.begin();
    for (const id of [1, 2]) {
      host.say(id, {
        type: 'reached',
        generation: 1,
        step: 10,
        digest: sha256(stateBytes(10)),
        weightsHash: 'w',
        epochLoss: 1,
        chunkSums: new Uint8Array(0),
      });
    }
    const [save] = host.sendState(1, 10);
    expect(save).toMatchObject({ type: 'save-state', held: { step: 10 } });
    expect(save?.type === 'save-state' && sha256(save.bytes)).toBe(sha256(stateBytes(10)));
    const held = { step: 10, digest: sha256(stateBytes(10)) };
    const end = host.handle({ type: 'saved', held, path: 'p' });
    expect(end.at(-1)).toMatchObject({ type: 'over', outcome: { type: 'finished' } });
  });
});

describe('the star', () => {
  const ones = (blocks: number, value: number): Uint8Array =>
    new Uint8Array(new Float32Array(blocks * FLOATS).fill(value).buffer);

  it('adds one message of each rank up, and sends one to each: as many as ranks, both ways', () => {
    const host = new Host();
    host.begin();
    const { phase } = host.node.membership;
    const ranks = phase.name === 'running' ? phase.team.ranks : [];
    expect(ranks.map((range) => alignedBlocks(range).length)).toEqual([1, 1]);
    for (const step of [0, 1]) {
      expect(host.frame(1, { kind: 'partial', step, rank: 0 }, [ones(1, 1)])).toEqual([]);
      const sums = host.frame(2, { kind: 'partial', step, rank: 1 }, [ones(1, 2)]);
      expect(sums).toHaveLength(2);
      for (const [index, sum] of sums.entries()) {
        if (sum.type !== 'send-frame') throw new Error(sum.type);
        expect(sum.to).toBe(index + 1);
        expect(sum.header).toEqual({
          kind: 'sum',
          generation: 1,
          step,
          rank: COORDINATOR,
          offset: 0,
          bytes: 4 * FLOATS,
        });
        const floats = new Float32Array(sum.payload[0]!.slice().buffer);
        expect(floats).toEqual(new Float32Array(FLOATS).fill(3));
      }
    }
  });

  it('closes the link of a rank that sends twice, for another step, as another rank, or too much', () => {
    const wrongs: [string, Partial<FrameHeader>, number][] = [
      ['another step', { step: 1 }, 1],
      ['as another rank', { rank: 0 }, 1],
      ['too much', {}, 2],
    ];
    for (const [what, header, blocks] of wrongs) {
      const host = new Host();
      host.begin();
      const effects = host.frame(2, { kind: 'partial', rank: 1, ...header }, [ones(blocks, 1)]);
      expect(closes(effects), what).toMatchObject([{ id: 2, code: 'protocol' }]);
    }
    const twice = new Host();
    twice.begin();
    twice.frame(2, { kind: 'partial', rank: 1 }, [ones(1, 1)]);
    expect(closes(twice.frame(2, { kind: 'partial', rank: 1 }, [ones(1, 1)]))).toHaveLength(1);
  });

  it('gives no sum of a generation that is over', () => {
    const host = new Host();
    host.begin();
    host.frame(1, { kind: 'partial', rank: 0 }, [ones(1, 1)]);
    host.join(3);
    const late = { kind: 'partial', generation: 1, rank: 1 } as const;
    expect(host.frame(2, late, [ones(1, 1)])).toEqual([]);
  });
});

describe('the dataset', () => {
  const fetch = (change: object = {}): WorkerMessage => ({
    type: 'fetch',
    sha256: INPUTS.sha256,
    offset: 4000,
    length: 1000,
    ...change,
  });

  it('is handed out piece by piece, by the hash of an array of this run, before joining too', () => {
    const host = new Host();
    host.handle({ type: 'connected', id: 1 });
    expect(host.say(1, fetch())).toEqual([
      { type: 'read-piece', to: 1, sha256: INPUTS.sha256, offset: 4000, length: 1000 },
    ]);
    const bytes = new Uint8Array(1000);
    expect(host.handle({ type: 'piece', id: 1, offset: 4000, bytes })).toEqual([
      {
        type: 'send-frame',
        to: 1,
        header: {
          kind: 'dataset',
          generation: 0,
          step: 0,
          rank: COORDINATOR,
          offset: 4000,
          bytes: 1000,
        },
        payload: [bytes],
      },
    ]);
  });

  it('is not read beyond its end, in pieces above the limit, twice at once, or by another hash', () => {
    const wrongs = [
      { offset: 4001 },
      { length: 0 },
      { offset: 0, length: PIECE + 1 },
      { sha256: 'c'.repeat(64) },
    ];
    for (const wrong of wrongs) {
      const host = new Host();
      host.handle({ type: 'connected', id: 1 });
      expect(host.say(1, fetch(wrong))).toMatchObject([{ type: 'close', id: 1 }]);
    }
    const host = new Host();
    host.handle({ type: 'connected', id: 1 });
    host.say(1, fetch());
    expect(host.say(1, fetch())).toMatchObject([{ type: 'close', id: 1 }]);
    expect(
      host.handle({ type: 'piece', id: 1, offset: 4000, bytes: new Uint8Array(1000) }),
    ).toEqual([]);
  });
});
