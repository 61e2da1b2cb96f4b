// Accepts links: an HTTP server, with or without TLS below, whose only use is the upgrade. Invariants: before its proof a connection costs
// at most PRE_AUTH_BYTES and the handshake's time, and there are never more than `maxPending` of them; nobody beyond
// this machine is listened to without TLS, unless that is asked for by name.
import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import { type AddressInfo, createServer, isIP, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { checkOptions, type OptionNames } from '@lockstep/errors';
import { HANDSHAKE_MS, PRE_AUTH_BYTES, ServerHandshake, type ServerOptions } from '@lockstep/wire';
import { type WebSocket, WebSocketServer } from 'ws';
import { hostProblem, isLoopback, listenerNames, meantPort, reachableHosts } from './addresses.js';
import { DEFAULT_HEARTBEAT_MS } from './dial.js';
import { ListenError } from './errors.js';
import { FirstRequest } from './first-request.js';
import { checkUpgrade } from './gate.js';
import type { Link } from './link.js';
import { shake } from './shake.js';
import { tlsClientFailure } from './tls-failure.js';
import { CLOSE_TIMEOUT_MS, WebSocketLink } from './websocket-link.js';
import { MessageLimit, receiverLimits } from './ws-internals.js';

/** PEM texts. */
export interface ListenTls {
  readonly cert: string;
  readonly key: string;
  /** If given, clients must show a certificate of this authority. */
  readonly ca?: string;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What computes here: SHA-256 of the kernels, 64 hexadecimal digits. */
  readonly arithmetic: string;
  /** Which key a stranger must prove to have, judged by what it says of itself. */
  readonly identify: ServerOptions['identify'];
  readonly onLink: (link: Link) => void;
  readonly tls?: ListenTls;
  /** Allows listening beyond loopback without TLS. */
  readonly insecure?: boolean;
  /** More host names under which clients may reach this listener; those of the address itself are known. */
  readonly names?: readonly string[];
  /** Of several addresses, the one that others are known to reach: `url` names it. */
  readonly preferredHost?: string | undefined;
  readonly heartbeatMs?: number;
  /** From the connection to the proof; HANDSHAKE_MS if left out. */
  readonly handshakeMs?: number;
  /** Connections that have proved nothing yet; one more pushes out the oldest. 256 if left out. */
  readonly maxPending?: number;
  /** Told of each connection that was turned away, with the reason. */
  readonly onRefused?: (address: string, message: string) => void;
}

const OPTIONS: OptionNames<ListenOptions> = {
  host: true,
  port: true,
  arithmetic: true,
  identify: true,
  onLink: true,
  tls: true,
  insecure: true,
  names: true,
  preferredHost: true,
  heartbeatMs: true,
  handshakeMs: true,
  maxPending: true,
  onRefused: true,
};

export interface Listener {
  /** `ws://host:port` or `wss://host:port`, as others reach it. */
  readonly url: string;
  /** All of them, where it listens to several addresses; `url` is the first. */
  readonly urls: readonly string[];
  readonly port: number;
  /** Stops accepting and cuts connections that have proved nothing. Links stay open: they are their owner's. */
  close(): Promise<void>;
}

/** @returns why this address must not be listened on so, and what to do; undefined if it may be */
export function exposure({
  host,
  tls,
  insecure = false,
}: {
  readonly host: string;
  readonly tls?: ListenTls | undefined;
  readonly insecure?: boolean | undefined;
}): string | undefined {
  const problem = hostProblem(host);
  if (problem !== undefined) return `listen on ${host}: ${problem}`;
  if (tls !== undefined || isLoopback(host) || insecure) return undefined;
  return (
    `listen on ${host}: refused without TLS, because others could read and change what is sent; ` +
    'give a certificate (--tls-cert, --tls-key), listen on 127.0.0.1, or allow it with --insecure' +
    meantPort(host)
  );
}

/** @throws ListenError `insecure`, or `address` if the address cannot be listened on */
export async function listen(options: ListenOptions): Promise<Listener> {
  checkOptions('listen', options, OPTIONS);
  const { host, tls } = options;
  const exposed = exposure(options);
  if (exposed !== undefined) {
    throw new ListenError(hostProblem(host) === undefined ? 'insecure' : 'address', exposed);
  }
  const handshakeMs = options.handshakeMs ?? HANDSHAKE_MS;
  const server =
    tls === undefined
      ? createServer({ allowHalfOpen: true })
      : createTlsServer({
          allowHalfOpen: true,
          ALPNProtocols: ['http/1.1'],
          cert: tls.cert,
          key: tls.key,
          minVersion: 'TLSv1.3',
          handshakeTimeout: handshakeMs,
          ...(tls.ca !== undefined && { ca: tls.ca, requestCert: true, rejectUnauthorized: true }),
        });
  // Named first: the published types do not know all of them.
  const upgraderOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // The link answers pings itself; before the proof nobody does.
    autoPong: false,
    ...receiverLimits(PRE_AUTH_BYTES),
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const upgrader = new WebSocketServer(upgraderOptions);
  const http = createHttpServer();
  const first = new FirstRequest(http);
  const names = listenerNames(host, options.names);
  const strangers = new Strangers(options.maxPending ?? 256, handshakeMs);
  const refused = (address: string, message: string) => options.onRefused?.(address, message);

  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    strangers.add(socket);
  });
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) =>
    first.await(socket),
  );
  server.on('tlsClientError', (error, socket) =>
    refused(addressOf(socket), tlsClientFailure(error)),
  );
  http.on('request', (_request, response) => {
    response.writeHead(426, { Connection: 'close', 'Content-Type': 'text/plain' });
    response.end('this is a Lockstep coordinator or worker; it speaks WebSocket only\n');
  });
  http.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const refusal = checkUpgrade(request, names);
    if (refusal !== undefined) {
      refused(addressOf(socket), refusal.message);
      answer(socket, refusal.status, refusal.message);
      return;
    }
    upgrader.handleUpgrade(request, socket, first.rest(socket), (ws) => admit(ws, socket));
  });

  function admit(ws: WebSocket, socket: Socket): void {
    ws.binaryType = 'fragments';
    const messageLimit = new MessageLimit(ws, PRE_AUTH_BYTES);
    const address = addressOf(socket);
    const handshake = new ServerHandshake({
      arithmetic: options.arithmetic,
      nonce: randomBytes(32),
      identify: options.identify,
    });
    const limits = { timeoutMs: handshakeMs, maxBytes: PRE_AUTH_BYTES };
    shake(ws, socket, handshake, undefined, limits, (outcome) => {
      if (!('done' in outcome)) {
        refused(address, 'refused' in outcome ? outcome.refused.message : outcome.message);
        return;
      }
      strangers.admit(socket);
      const { role, run, incarnation, generation, rank } = outcome.done;
      const link = new WebSocketLink({
        ws,
        socket,
        messageLimit,
        heartbeatMs: options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS,
        remote: {
          run,
          incarnation,
          address,
          ...(role === 'peer' ? { role, generation, rank } : { role }),
        },
      });
      options.onLink(link);
    });
  }

  await bind(server, options);
  const { port } = server.address() as AddressInfo;
  const scheme = tls === undefined ? 'ws' : 'wss';
  const hosts = reachableHosts(host, options.preferredHost);
  const urls = hosts.map((reachable) => `${scheme}://${reachable}:${port}`);
  return {
    url: urls[0]!,
    urls,
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close();
        strangers.cut();
        resolve();
      }),
  };
}

/**
 * Whether an address can be listened on, for whoever has something to do before they do.
 *
 * @throws ListenError `address` if it cannot be now
 */
export async function checkAddress(address: Pick<ListenOptions, 'host' | 'port'>): Promise<void> {
  const server = createServer();
  await bind(server, address);
  await new Promise((resolve) => server.close(resolve));
}

function bind(server: Server, { host, port }: Pick<ListenOptions, 'host' | 'port'>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `listen on ${host}, port ${port}: ${bindProblem(cause, host)}`;
      reject(new ListenError('address', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

function bindProblem({ code, message }: NodeJS.ErrnoException, host: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `another process listens there already (${code}); choose another port (--port), 0 takes a free one`;
    case 'EADDRNOTAVAIL':
      return `this machine has no such address (${code})${meantPort(host)}`;
    case 'EACCES':
      return `this user may not listen on that port (${code}); choose one from 1024 on (--port)`;
    case 'EAFNOSUPPORT':
      return `this machine has no ${isIP(host) === 6 ? 'IPv6' : 'IPv4'} (${code})`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name "${host}" cannot be resolved (${code})`;
    default:
      return message;
  }
}

interface Pending {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
}

/** Connections that have proved nothing: so many, so long. Counted below TLS, so that its handshake counts too. */
class Strangers {
  readonly #most: number;
  readonly #timeoutMs: number;
  /** By address and port, which the TLS socket shares with the socket below it; oldest first. */
  readonly #pending = new Map<string, Pending>();

  constructor(most: number, timeoutMs: number) {
    this.#most = most;
    this.#timeoutMs = timeoutMs;
  }

  add(socket: Socket): void {
    const address = addressOf(socket);
    // Somewhat later than the handshake's own limit, which can still say why.
    const timer = setTimeout(() => socket.destroy(), this.#timeoutMs + GRACE_MS);
    this.#pending.set(address, { socket, timer });
    socket.once('close', () => this.#forget(address));
    if (this.#pending.size > this.#most) {
      // Not the newest: whoever holds all places open would keep everyone else out.
      const [oldest, { socket: displaced }] = this.#pending.entries().next().value!;
      this.#forget(oldest);
      displaced.destroy();
    }
  }

  admit(socket: Socket): void {
    this.#forget(addressOf(socket));
  }

  cut(): void {
    for (const { socket } of this.#pending.values()) socket.destroy();
  }

  #forget(address: string): void {
    clearTimeout(this.#pending.get(address)?.timer);
    this.#pending.delete(address);
  }
}

const GRACE_MS = 250;

function addressOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

function answer(socket: Socket, status: number, message: string): void {
  const body = `${message}\n`;
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
