import { type CloseReason, type Link, LinkError, memoryPair } from '@lockstep/transport';
import { describe, expect, it } from 'vitest';
import { type Connect, CoordinatorLink, type FailedAttempt, inWords } from './coordinator-link.js';

/** What a link told, in order, until it ended. */
function watched(connect: Connect, giveUpAfterMs: number) {
  const failed: FailedAttempt[] = [];
  const dialled: number[] = [];
  const closed: CloseReason[] = [];
  let open: (link: Link) => void = () => {};
  const opened = new Promise<Link>((resolve) => {
    open = resolve;
  });
  const ended = new Promise<{ code: string; reason: string }>((resolve) => {
    const link = new CoordinatorLink({
      connect,
      where: 'ws://there:7070',
      giveUpAfterMs,
      handlers: { control: () => {}, frame: () => {} },
      onDial: (attempt) => dialled.push(attempt),
      onOpen: (one) => open(one),
      onClosed: (reason) => {
        closed.push(reason);
        link.dialSoon();
      },
      onRetry: (attempt) => failed.push(attempt),
      onEnd: (code, reason) => resolve({ code, reason }),
    });
    link.dial();
  });
  return { failed, dialled, closed, opened, ended };
}

/** Fails with these in turn, and then with the last one. */
function failing(...errors: readonly LinkError[]): Connect {
  let calls = 0;
  return async () => {
    throw errors[Math.min(calls++, errors.length - 1)];
  };
}

const nobody = new LinkError('unreachable', 'dial ws://there:7070: connect ECONNREFUSED');
const wrongToken = new LinkError('refused', 'the token is wrong', 'unauthorized');

describe('a coordinator that is not there', () => {
  it('is tried for as long as was said, then given up with what was tried', async () => {
    const { failed, dialled, ended } = watched(failing(nobody), 300);
    const { code, reason } = await ended;
    expect(code).toBe('unreachable');
    expect(reason).toMatch(
      /^gave up after 0\.3 s without a coordinator: dialled ws:\/\/there:7070 \d+ times, and at last dial .*ECONNREFUSED\. Is the coordinator running/,
    );
    expect(reason).toContain(`dialled ws://there:7070 ${dialled.length} times`);
    expect(dialled).toEqual(dialled.map((_, i) => i + 1));
    expect(failed.map(({ attempt }) => attempt)).toEqual(dialled.slice(0, -1));
    for (const { retryMs, giveUpMs } of failed) expect(retryMs).toBeLessThanOrEqual(giveUpMs!);
    const left = failed.map(({ giveUpMs }) => giveUpMs!);
    expect(left).toEqual(left.toSorted((a, b) => b - a));
  });

  it('is left alone for as long as it asks, but not beyond the end of patience', async () => {
    const asks = (seconds: number) =>
      new LinkError('unreachable', 'HTTP status 429', 'http', { retryAfterMs: 1000 * seconds });
    const { failed, ended } = watched(failing(asks(0.2), asks(3600)), 400);
    expect((await ended).code).toBe('unreachable');
    expect(failed.length).toBe(2);
    expect(failed[0]!.retryMs).toBe(200);
    expect(failed[1]!.retryMs).toBe(failed[1]!.giveUpMs);
  });

  it('is dialled once if it is not to be waited for', async () => {
    const { dialled, ended } = watched(failing(nobody), 0);
    expect((await ended).reason).toMatch(/dialled ws:\/\/there:7070 once, and at last/);
    expect(dialled).toEqual([1]);
  });

  it('is never given up where that was asked for', async () => {
    const { failed, ended } = watched(failing(nobody, nobody, wrongToken), Infinity);
    expect((await ended).reason).toBe('the token is wrong');
    expect(failed.map(({ giveUpMs }) => giveUpMs)).toEqual([null, null]);
  });

  it('is given anew all of the time after it was there, and counted from then', async () => {
    let calls = 0;
    const connect: Connect = async () => {
      if (calls++ !== 1) throw nobody;
      return memoryPair({ run: 'a'.repeat(32), incarnation: 1 })[0];
    };
    const { failed, closed, opened, ended } = watched(connect, 400);
    (await opened).close('restart', '');
    const { reason } = await ended;
    expect(closed.length).toBe(1);
    expect(failed.slice(0, 2).map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(reason).toMatch(/The run may have ended meanwhile: the coordinator's folder tells/);
  });
});

describe('what is met on the way', () => {
  const inBetween = [
    new LinkError('refused', 'HTTP status 404', 'http'),
    new LinkError('refused', 'another certificate', 'certificate'),
    new LinkError('refused', 'TLS 1.2', 'tls'),
    new LinkError('protocol', 'not HTTP', 'http'),
  ];

  it.each(inBetween)('is for good before there was a coordinator: $message', async (error) => {
    const { failed, ended } = watched(failing(error), 60_000);
    expect(await ended).toEqual({ code: 'refused', reason: error.message });
    expect(failed).toEqual([]);
  });

  it('may pass where there was one; a refusal of its own does not', async () => {
    const errors = [...inBetween, wrongToken];
    let first = true;
    const next = failing(...errors);
    const connect: Connect = (signal) => {
      if (!first) return next(signal);
      first = false;
      return Promise.resolve(memoryPair({ run: 'a'.repeat(32), incarnation: 1 })[0]);
    };
    const { failed, opened, ended } = watched(connect, 60_000);
    (await opened).close('restart', '');
    expect(await ended).toEqual({ code: 'refused', reason: 'the token is wrong' });
    expect(failed.map(({ reason }) => reason)).toEqual(inBetween.map(({ message }) => message));
  });

  it('is for good if it is no failure of a link at all', async () => {
    const broken: Connect = async () => {
      throw new Error('a defect');
    };
    expect(await watched(broken, 60_000).ended).toEqual({ code: 'refused', reason: 'a defect' });
  });
});

it('times are in words', () => {
  expect([0, 50, 96, 300, 2830, 45_000, 119_000, 600_000].map(inWords)).toEqual([
    ...['0 s', '0.1 s', '0.1 s', '0.3 s', '2.8 s', '45 s', '119 s', '10 min'],
  ]);
});
