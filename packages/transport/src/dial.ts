// Opens a link over whichever transport has the URL's scheme: connects and proves itself, all within one time limit. Every
// failure is a LinkError whose code tells whether trying again can help. It does not try again by itself.
import { ConfigError, checkOptions, type OptionNames } from '@lockstep/errors';
import { ClientHandshake, HANDSHAKE_MS, printable, type Server } from '@lockstep/wire';
import { ChannelLink } from './channel-link.js';
import { LinkError } from './errors.js';
import type { Link } from './link.js';
import { drawNonce } from './nonce.js';
import { type ShakeOutcome, shake } from './shake.js';
import { shownUrl } from './shown-url.js';
import type { Channel, Transport } from './transport.js';

const MAX_SHOWN = 300;

/** What `dial` takes. */
export interface DialOptions {
  /** The token's bytes for a worker, the generation's key for a peer. Never sent. */
  readonly key: Uint8Array;
  readonly role: 'worker' | 'peer';
  /** What computes here: the name and version of the numbers that its kernels give. */
  readonly arithmetic: string;
  /** Of this side, for role `peer`. */
  readonly scope?: { readonly generation: number; readonly rank: number };
  /** The link is lost when the other side is silent for longer; 5000 if left out. */
  readonly heartbeatMs?: number;
  readonly signal?: AbortSignal;
  /** For all of connecting and proving; HANDSHAKE_MS if left out. */
  readonly handshakeMs?: number;
}

const OPTIONS: OptionNames<DialOptions> = {
  key: true,
  role: true,
  arithmetic: true,
  scope: true,
  heartbeatMs: true,
  signal: true,
  handshakeMs: true,
};

/** @returns the one that has the URL's scheme */
export function transportOf(transports: readonly Transport[], url: string): Transport | undefined {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  return transports.find(({ schemes }) => schemes.includes(scheme));
}

/** @returns what is wrong with a URL, as a sentence about it; undefined if one of these can dial it */
export function urlProblem(transports: readonly Transport[], url: string): string | undefined {
  const transport = transportOf(transports, url);
  if (transport) return transport.urlProblem(url);
  // A single one can say what was meant.
  const words = transports.length === 1 ? transports[0]!.urlProblem(url) : undefined;
  if (words !== undefined) return words;
  const schemes = transports.flatMap((one) => one.schemes.map((name) => `${name}:`)).join(', ');
  const meant = transports.map((one) => one.suggestion?.(url) ?? '').find((one) => one !== '');
  return `${shownUrl(url)} is not an address to dial; expected one that begins with one of ${schemes}${meant ?? ''}`;
}

/**
 * @param url that one of the transports dials
 * @throws LinkError; what `signal` was aborted with
 */
export async function dial(
  transports: readonly Transport[],
  url: string,
  options: DialOptions,
): Promise<Link> {
  checkOptions('dial', options, OPTIONS);
  const { signal, role, scope, arithmetic, key, handshakeMs = HANDSHAKE_MS } = options;
  const problem = urlProblem(transports, url);
  if (problem !== undefined) throw new LinkError('protocol', `dial: ${problem}`);
  if (role === 'peer' && scope === undefined) {
    throw new ConfigError('dial: a peer must say its generation and rank');
  }
  signal?.throwIfAborted();
  const handshake = new ClientHandshake({
    role,
    arithmetic,
    key,
    nonce: drawNonce(),
    ...scope,
  });
  const transport = transportOf(transports, url)!;
  const where = `dial ${printable(url, MAX_SHOWN)}`;
  const started = performance.now();
  const control = new AbortController();
  const abort = () => control.abort(signal!.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => {
    control.abort(new LinkError('timeout', `${where}: no answer after ${handshakeMs} ms`));
  }, handshakeMs);
  try {
    const channel = await transport.dial(url, { role, signal: control.signal });
    const leftMs = Math.max(1, handshakeMs - (performance.now() - started));
    return await prove(channel, handshake, leftMs, where, options, control.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function prove(
  channel: Channel,
  handshake: ClientHandshake,
  timeoutMs: number,
  where: string,
  { role, heartbeatMs }: DialOptions,
  signal: AbortSignal,
): Promise<Link> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      channel.cut();
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    shake<Server>(channel, handshake, handshake.start().send, timeoutMs, (outcome) => {
      signal.removeEventListener('abort', abort);
      if (!('done' in outcome)) {
        reject(shakeFailure(outcome, where));
        return;
      }
      const { run, incarnation, rank } = outcome.done;
      const side = role === 'worker' ? { role: 'coordinator' as const } : { role, rank };
      const remote = { run, incarnation, ...side, address: channel.address };
      resolve(new ChannelLink(channel, remote, heartbeatMs));
    });
  });
}

function shakeFailure(
  outcome: Exclude<ShakeOutcome<Server>, { done: Server }>,
  where: string,
): LinkError {
  if ('refused' in outcome) {
    const { code, message } = outcome.refused;
    return new LinkError(code === 'protocol' ? code : 'refused', `${where}: ${message}`, code);
  }
  const code = outcome.failed === 'lost' ? 'unreachable' : outcome.failed;
  return new LinkError(code, `${where}: ${outcome.message}`);
}
