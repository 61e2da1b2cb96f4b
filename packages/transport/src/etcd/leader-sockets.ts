// The transport of workers whose coordinator may move: its URLs say where in etcd it stands who leads, which is looked up at each
// attempt; then it goes on over another transport. Who listens, proves and trusts is that one's.
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@lockstep/errors';
import { printable } from '@lockstep/wire';
import { transportOf } from '../dial.js';
import { LinkError } from '../errors.js';
import type { Channel, DialSetting, Finding, Transport } from '../transport.js';
import { Etcd, EtcdError } from './etcd.js';
import { decodeNote, leaderKey, leaderPlace } from './leader-key.js';

const SCHEMES = ['etcd', 'etcds'];
const MAX_SHOWN = 300;

/** Of the time that an attempt has, for whoever takes over; the rest is for the handshake. */
const WAIT_MS = 4000;
const LOOK_MS = 250;
/** Who leads and did not answer is dialled again after this. */
const AGAIN_MS = 1000;

interface Leader {
  readonly urls: readonly string[];
  /** What it wrote. */
  readonly note: string;
}

/**
 * @param over what carries messages, to the coordinator and between workers
 * @param waitMs for tests: how long an attempt waits for somebody who leads and answers
 */
export function leaderSockets(over: readonly Transport[], waitMs = WAIT_MS): Transport {
  /** One etcd a URL, so that a member that does not answer is asked last the next time. */
  const etcds = new Map<string, Etcd>();

  async function find(url: string, signal: AbortSignal): Promise<Leader> {
    const { members, name } = leaderPlace(url)!;
    const etcd = etcds.get(url) ?? new Etcd(members);
    etcds.set(url, etcd);
    const shown = `find the coordinator at ${printable(url, MAX_SHOWN)}`;
    const entry = await etcd.read(leaderKey(name), signal).catch((cause: unknown) => {
      if (cause instanceof ConfigError) {
        throw new LinkError('protocol', `${shown}: ${cause.message}`, 'etcd', { cause });
      }
      if (!(cause instanceof EtcdError)) throw cause;
      throw new LinkError('unreachable', `${shown}: ${cause.message}`, 'etcd', { cause });
    });
    const urls = entry && decodeNote(entry.value)?.urls;
    if (entry && !urls) {
      throw new LinkError('protocol', `${shown}: what stands there is no coordinator's`);
    }
    const known = (urls ?? []).filter((one) => {
      const transport = transportOf(over, one);
      return transport && transport.urlProblem(one) === undefined;
    });
    if (entry && known.length > 0) return { urls: known, note: entry.value };
    const words = urls?.length
      ? `it is reached by ${urls.join(', ')}, which cannot be dialled`
      : NOBODY;
    throw new LinkError('unreachable', `${shown}: ${words}`, 'leader');
  }

  async function dialFirst(urls: readonly string[], setting: DialSetting): Promise<Channel> {
    for (const [i, url] of urls.entries()) {
      try {
        return await transportOf(over, url)!.dial(url, setting);
      } catch (error) {
        const mayBeElsewhere = error instanceof LinkError && error.code !== 'refused';
        if (!mayBeElsewhere || i === urls.length - 1) throw error;
      }
    }
    throw new LinkError('unreachable', NOBODY);
  }

  /** Who leads may be gone, and who takes over is not there yet: a new coordinator is met as soon as it says where it is. */
  async function dialLeader(url: string, setting: DialSetting): Promise<Channel> {
    const { signal } = setting;
    const end = performance.now() + waitMs;
    let tried = { note: '', at: 0 };
    for (;;) {
      let failure: unknown = new LinkError('unreachable', `dial ${url}: who leads does not answer`);
      try {
        const { urls, note } = await find(url, signal);
        const now = performance.now();
        if (note !== tried.note || now - tried.at > AGAIN_MS) {
          tried = { note, at: now };
          return await dialFirst(urls, setting);
        }
      } catch (error) {
        failure = error;
      }
      signal.throwIfAborted();
      const mayPass = failure instanceof LinkError && failure.code === 'unreachable';
      if (!mayPass || performance.now() >= end) throw failure;
      await sleep(LOOK_MS);
    }
  }

  return {
    schemes: [...SCHEMES, ...over.flatMap(({ schemes }) => schemes)],
    urlProblem(url) {
      const other = transportOf(over, url);
      if (other) return other.urlProblem(url);
      if (leaderPlace(url)) return undefined;
      return `"${printable(url, MAX_SHOWN)}" is not an address to dial; expected etcd://HOST:PORT/NAME, and commas between several members`;
    },
    async dial(url, setting) {
      const other = transportOf(over, url);
      return other ? other.dial(url, setting) : dialLeader(url, setting);
    },
    async listen(acceptor) {
      const { towards } = acceptor;
      const place = towards === undefined ? undefined : leaderPlace(towards);
      // Who leads may move, and nobody may yet: this machine's way to etcd stands for its way to any coordinator.
      const meant = place ? place.members[0]!.replace(/^http/, 'ws') : towards;
      for (const transport of over) {
        const door = await transport.listen({ ...acceptor, towards: meant });
        if (door) return door;
      }
      return undefined;
    },
    async *examine(url, partMs): AsyncGenerator<Finding, Channel | undefined> {
      const other = transportOf(over, url);
      if (other) return other.examine ? yield* other.examine(url, partMs) : undefined;
      const title = 'who leads';
      try {
        const { urls } = await find(url, AbortSignal.timeout(partMs));
        yield { id: 'leader', title, status: 'ok', found: urls.join(', ') };
        const way = transportOf(over, urls[0]!)!;
        return way.examine ? yield* way.examine(urls[0]!, partMs) : undefined;
      } catch (error) {
        const found = (error as Error).message;
        const advice = 'look whether etcd runs there, and a coordinator with --etcd';
        yield { id: 'leader', title, status: 'problem', found, advice };
        return undefined;
      }
    },
  };
}

const NOBODY = 'nobody leads now';
