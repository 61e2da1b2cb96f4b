// What an election takes of etcd, against a real one.
import { Candidate, FencedError } from '@lockstep/coordinator';
import { Etcd } from '@lockstep/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ETCD, EtcdProcess } from './etcd-process.js';

const never = new AbortController().signal;

describe.skipIf(ETCD === undefined)('with etcd (skipped where it is not installed)', () => {
  let etcd: EtcdProcess;
  beforeAll(async () => {
    etcd = await EtcdProcess.start();
  });
  afterAll(() => etcd.end());

  it('a key is made once, changed by who made it, and goes with its lease; the next one is newer', async () => {
    const client = new Etcd([etcd.url]);
    const { lease, ttlMs } = await client.grant(5);
    expect(ttlMs).toBeGreaterThanOrEqual(5000);
    const made = (await client.create('a key', 'größer', lease)) as { created: number };
    expect(made.created).toBeGreaterThan(0);
    expect(await client.create('a key', 'other', lease)).toEqual({
      there: { value: 'größer', created: made.created },
    });
    expect(await client.replace('a key', made.created + 1, 'wrong', lease)).toBe(false);
    expect(await client.replace('a key', made.created, 'changed', lease)).toBe(true);
    expect(await client.read('a key')).toEqual({ value: 'changed', created: made.created });
    expect(await client.keep(lease)).toBe(ttlMs);
    await client.revoke(lease);
    expect(await client.keep(lease)).toBe(0);
    expect(await client.read('a key')).toBeUndefined();
    const again = await client.grant(5);
    const next = (await client.create('a key', 'x', again.lease)) as { created: number };
    expect(next.created).toBeGreaterThan(made.created);
    expect(await client.replace('a key', made.created, 'stale', again.lease)).toBe(false);
    await client.revoke(again.lease);
  });

  it('a member that does not answer is passed over, and none at all is told with each reason', async () => {
    const dead = 'http://127.0.0.1:1';
    const client = new Etcd([dead, etcd.url]);
    expect(await client.read('nothing')).toBeUndefined();
    const none = new Etcd([dead, 'http://127.0.0.1:2']);
    await expect(none.read('nothing')).rejects.toMatchObject({
      code: 'etcd',
      message: expect.stringMatching(/127\.0\.0\.1:1: .*; http:\/\/127\.0\.0\.1:2: /),
    });
  });

  it('of two candidates one leads; when it resigns the other does, with a higher fence', async () => {
    const followed: string[] = [];
    const options = { etcd: [etcd.url], name: 'resigns', leaseSeconds: 5 };
    const first = new Candidate({ ...options, who: 'first' });
    const second = new Candidate({
      ...{ ...options, who: 'second' },
      onFollow: ({ who }) => followed.push(who),
    });
    const led = await first.lead(never);
    led.check();
    const next = second.lead(never);
    await expect.poll(() => followed).toEqual(['first']);
    await first.announce(['ws://127.0.0.1:7070']);
    await first.resign();
    const lead = await next;
    expect(lead.fence).toBeGreaterThan(led.fence);
    expect(() => led.check()).toThrow(FencedError);
    lead.check();
    await second.resign();
  });

  it('one whose lease etcd has taken back is fenced, and another leads', async () => {
    const options = { etcd: [etcd.url], name: 'revoked', leaseSeconds: 3 };
    const one = new Candidate({ ...options, who: 'one' });
    const lead = await one.lead(never);
    const answer = await fetch(`${etcd.url}/v3/kv/range`, {
      method: 'POST',
      body: JSON.stringify({ key: btoa('/lockstep/revoked/leader') }),
    });
    const { kvs } = (await answer.json()) as { kvs: readonly { lease: string }[] };
    lead.check();
    await new Etcd([etcd.url]).revoke(kvs[0]!.lease);
    const next = new Candidate({ ...options, who: 'next' });
    expect((await next.lead(never)).fence).toBeGreaterThan(lead.fence);
    const isFenced = (): boolean => {
      try {
        lead.check();
        return false;
      } catch (error) {
        return error instanceof FencedError;
      }
    };
    await expect.poll(isFenced, { timeout: 10_000 }).toBe(true);
    expect(() => lead.check()).toThrow(/etcd has taken its lease back/);
    await next.resign();
    await one.resign();
  });

  it('a candidate that is told to stop while it stands by does not lead later', async () => {
    const options = { etcd: [etcd.url], name: 'stopped', leaseSeconds: 5 };
    const first = new Candidate({ ...options, who: 'first' });
    await first.lead(never);
    const stop = new AbortController();
    const second = new Candidate({ ...options, who: 'second' }).lead(stop.signal);
    stop.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    await first.resign();
    expect(await new Etcd([etcd.url]).read('/lockstep/stopped/leader')).toBeUndefined();
  });
});
