// Opens a link: connects, upgrades to WebSocket, proves itself, all within one time limit. Every failure is a LinkError
// whose code tells whether trying again can help. It does not try again by itself.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ConfigError, checkOptions, type OptionNames } from '@lockstep/errors';
import { ClientHandshake, HANDSHAKE_MS, PRE_AUTH_BYTES, type Server } from '@lockstep/wire';
import { WebSocket } from 'ws';
import { connectFailure, describeTarget, httpFailure, shakeFailure } from './dial-failure.js';
import { LinkError } from './errors.js';
import type { Link } from './link.js';
import { type ShakeOutcome, shake } from './shake.js';
import { requestUrl } from './target.js';
import { CLOSE_TIMEOUT_MS, WebSocketLink } from './websocket-link.js';
import { MessageLimit, receiverLimits } from './ws-internals.js';

export const DEFAULT_HEARTBEAT_MS = 5000;

export interface DialOptions {
  /** The token's bytes for a worker, the generation's key for a peer. Never sent. */
  readonly key: Uint8Array;
  readonly role: 'worker' | 'peer';
  /** What computes here: SHA-256 of the kernels, 64 hexadecimal digits. */
  readonly arithmetic: string;
  /** Of this side, for role `peer`. */
  readonly scope?: { readonly generation: number; readonly rank: number };
  /** The link is lost when the other side is silent for longer; 5000 if left out. */
  readonly heartbeatMs?: number;
  readonly tls?: DialTls;
  readonly signal?: AbortSignal;
  /** For all of connecting, upgrading and proving; HANDSHAKE_MS if left out. */
  readonly handshakeMs?: number;
}

const OPTIONS: OptionNames<DialOptions> = {
  key: true,
  role: true,
  arithmetic: true,
  scope: true,
  heartbeatMs: true,
  tls: true,
  signal: true,
  handshakeMs: true,
};

/** PEM texts. */
export interface DialTls {
  /** Whom to trust; the system's authorities if left out. */
  readonly ca?: string;
  /** What to show a server that asks. */
  readonly cert?: string;
  readonly key?: string;
}

/**
 * @param url ws:// or wss://, a host and a port, and for role `worker` a path by which a proxy routes: see `urlProblem`
 * @throws LinkError; what `signal` was aborted with
 */
export async function dial(url: string, options: DialOptions): Promise<Link> {
  checkOptions('dial', options, OPTIONS);
  const { signal, role, scope, tls = {}, handshakeMs = HANDSHAKE_MS } = options;
  const target = requestUrl(url, role);
  const dialled = { url: target, tls };
  if (role === 'peer' && scope === undefined) {
    throw new ConfigError('dial: a peer must say its generation and rank');
  }
  signal?.throwIfAborted();
  const handshake = new ClientHandshake({
    role,
    arithmetic: options.arithmetic,
    key: options.key,
    nonce: randomBytes(32),
    ...scope,
  });
  // Named first: the published types do not know all of them.
  const socketOptions = {
    ...tls,
    minVersion: 'TLSv1.3' as const,
    perMessageDeflate: false,
    autoPong: false,
    ...receiverLimits(PRE_AUTH_BYTES),
    closeTimeout: CLOSE_TIMEOUT_MS,
    generateMask: zeroMask,
  };
  const ws = new WebSocket(target, socketOptions);
  ws.binaryType = 'fragments';

  return new Promise<Link>((resolve, reject) => {
    const started = performance.now();
    let socket: Socket | undefined;
    const where = describeTarget(target);
    const fail = (error: unknown) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      ws.on('error', () => {});
      reject(error);
    };
    const abort = () => {
      fail(signal?.reason);
      ws.terminate();
    };
    const timer = setTimeout(() => {
      fail(new LinkError('timeout', `${where}: no answer after ${handshakeMs} ms`));
      ws.terminate();
    }, handshakeMs);
    signal?.addEventListener('abort', abort, { once: true });

    const onEarlyError = (error: Error) => fail(connectFailure(error, dialled));
    ws.on('error', onEarlyError);
    ws.on('unexpected-response', (request, response) => {
      readBody(response, (body) => {
        fail(httpFailure(response.statusCode!, response.headers, body, dialled));
        request.destroy();
      });
    });
    ws.on('upgrade', (response) => {
      socket = response.socket;
    });
    ws.on('open', () => {
      const below = socket!;
      const messageLimit = new MessageLimit(ws, PRE_AUTH_BYTES);
      const settle = (outcome: ShakeOutcome<Server>) => {
        if (!('done' in outcome)) {
          fail(shakeFailure(outcome, dialled));
          return;
        }
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        const { run, incarnation, rank } = outcome.done;
        resolve(
          new WebSocketLink({
            ws,
            socket: below,
            messageLimit,
            heartbeatMs: options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS,
            remote: {
              run,
              incarnation,
              ...(role === 'worker' ? { role: 'coordinator' } : { role: 'peer', rank }),
              address: `${below.remoteAddress}:${below.remotePort}`,
            },
          }),
        );
      };
      const timeoutMs = Math.max(1, handshakeMs - (performance.now() - started));
      const limits = { timeoutMs, maxBytes: PRE_AUTH_BYTES };
      shake(ws, below, handshake, handshake.start().send, limits, settle);
      ws.off('error', onEarlyError);
    });
  });
}

/**
 * RFC 6455 §10.3 has clients mask what they send so that a hostile page cannot choose the bytes that a browser puts
 * on a wire with an old HTTP cache in between. There is no page here: this program is its own client, servers refuse
 * requests with an Origin, and whoever could plant bytes in a frame already holds the token. With a mask of zeros ws
 * neither copies a frame nor touches its bytes, and the receiver skips unmasking.
 */
function zeroMask(mask: Buffer): void {
  mask.fill(0);
}

const MAX_REFUSAL_BYTES = 1024;

/** The beginning of the body, which our own listener fills with the reason. */
function readBody(response: IncomingMessage, done: (body: string) => void): void {
  let body = '';
  response.setEncoding('latin1');
  response.on('data', (chunk: string) => {
    body += chunk;
    if (body.length > MAX_REFUSAL_BYTES) response.destroy();
  });
  response.once('close', () => done(body));
}
