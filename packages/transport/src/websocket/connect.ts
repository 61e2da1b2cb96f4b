// Opens a WebSocket as a client: connects and upgrades. What it proves then is dial.ts of all transports.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { PRE_AUTH_BYTES } from '@lockstep/wire';
import { WebSocket } from 'ws';
import type { Channel, DialSetting } from '../transport.js';
import { connectFailure, httpFailure } from './dial-failure.js';
import { requestUrl } from './target.js';
import { CLOSE_TIMEOUT_MS, WebSocketChannel } from './websocket-channel.js';
import { receiverLimits } from './ws-internals.js';

/** PEM texts. */
export interface DialTls {
  /** Whom to trust; the system's authorities if left out. */
  readonly ca?: string;
  /** What to show a server that asks. */
  readonly cert?: string;
  readonly key?: string;
}

/**
 * @param url ws:// or wss://, a host and a port, and for role `worker` a path by which a proxy routes
 * @throws LinkError; what `signal` was aborted with
 */
export function connect(
  url: string,
  tls: DialTls,
  { role, signal }: DialSetting,
): Promise<Channel> {
  const target = requestUrl(url, role);
  const dialled = { url: target, tls };
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
  return new Promise<Channel>((resolve, reject) => {
    let socket: Socket | undefined;
    const fail = (error: unknown) => {
      signal.removeEventListener('abort', abort);
      ws.on('error', () => {});
      reject(error);
    };
    const abort = () => {
      fail(signal.reason);
      ws.terminate();
    };
    signal.addEventListener('abort', abort, { once: true });
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
      signal.removeEventListener('abort', abort);
      resolve(new WebSocketChannel(ws, socket!));
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
