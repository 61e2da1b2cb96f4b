// Lets WebSockets in: an HTTP server, with or without TLS below, whose only use is the upgrade, and a page that makes it, where
// there is one. Invariant: nobody beyond this machine is listened to without TLS, unless that is asked for by name.
import { createServer as createHttpServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import { type AddressInfo, createServer, isIP, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { PRE_AUTH_BYTES } from '@lockstep/wire';
import { WebSocketServer } from 'ws';
import { ListenError } from '../errors.js';
import type { Acceptor, Arrival, Door } from '../transport.js';
import { hostProblem, isLoopback, listenerNames, meantPort, reachableHosts } from './addresses.js';
import { certificateNames, hostsOfCertificate } from './certificate-hosts.js';
import { FirstRequest } from './first-request.js';
import { checkUpgrade } from './gate.js';
import { answerPage } from './page-door.js';
import type { PageFiles } from './page-files.js';
import { PAGE_PROTOCOL } from './page-words.js';
import { tlsClientFailure } from './tls-failure.js';
import { addressOf, CLOSE_TIMEOUT_MS, WebSocketChannel } from './websocket-channel.js';
import { receiverLimits } from './ws-internals.js';

/** PEM texts. */
export interface ListenTls {
  readonly cert: string;
  readonly key: string;
  /** If given, clients must show a certificate of this authority. */
  readonly ca?: string;
}

export interface DoorSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls: ListenTls | undefined;
  /** Allows listening beyond loopback without TLS. */
  readonly insecure: boolean;
  /** More host names under which clients may reach this listener; those of the address itself are known. */
  readonly names: readonly string[];
  /** Of several addresses, the one that others are known to reach: the first URL names it. */
  readonly preferredHost: string | undefined;
  /** Is served besides, and may connect. */
  readonly page: PageFiles | undefined;
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
export async function openDoor(settings: DoorSettings, acceptor: Acceptor): Promise<Door> {
  const { host, port: asked, tls, names: more, preferredHost, page } = settings;
  const exposed = exposure(settings);
  if (exposed !== undefined) {
    throw new ListenError(hostProblem(host) === undefined ? 'insecure' : 'address', exposed);
  }
  const server =
    tls === undefined
      ? createServer({ allowHalfOpen: true })
      : createTlsServer({
          allowHalfOpen: true,
          ALPNProtocols: ['http/1.1'],
          cert: tls.cert,
          key: tls.key,
          minVersion: 'TLSv1.3',
          handshakeTimeout: acceptor.handshakeMs,
          ...(tls.ca !== undefined && { ca: tls.ca, requestCert: true, rejectUnauthorized: true }),
        });
  // Named first: the published types do not know all of them.
  const upgraderOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // The channel answers pings itself; before the proof nobody does.
    autoPong: false,
    ...receiverLimits(PRE_AUTH_BYTES),
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: (offered: Set<string>) =>
      page !== undefined && offered.has(PAGE_PROTOCOL) && PAGE_PROTOCOL,
  };
  const upgrader = new WebSocketServer(upgraderOptions);
  const http = createHttpServer();
  const first = new FirstRequest(http);
  const own = tls === undefined ? [] : certificateNames(tls.cert);
  const names = listenerNames(host, [...more, ...own]);
  /** By address and port, which the TLS socket shares with the socket below it, so that its handshake counts too. */
  const arrivals = new Map<string, Arrival>();

  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket);
    socket.on('error', () => {});
    const arrival = acceptor.arriving(() => socket.destroy());
    arrivals.set(address, arrival);
    socket.once('close', () => {
      arrivals.delete(address);
      arrival.gone();
    });
  });
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) =>
    first.await(socket),
  );
  server.on('tlsClientError', (error, socket) =>
    acceptor.refused(addressOf(socket), tlsClientFailure(error)),
  );
  http.on('request', (request, response) => {
    if (page) {
      answerPage(request, response, page, names);
      return;
    }
    response.writeHead(426, { Connection: 'close', 'Content-Type': 'text/plain' });
    response.end('this is a Lockstep coordinator or worker; it speaks WebSocket only\n');
  });
  http.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const refusal = checkUpgrade(request, names, page !== undefined);
    const arrival = arrivals.get(addressOf(socket));
    if (refusal !== undefined || !arrival) {
      const { status, message } = refusal ?? GONE;
      acceptor.refused(addressOf(socket), message);
      answer(socket, status, message);
      return;
    }
    upgrader.handleUpgrade(request, socket, first.rest(socket), (ws) =>
      acceptor.open(new WebSocketChannel(ws, socket), arrival),
    );
  });

  await bind(server, { host, port: asked });
  const { port } = server.address() as AddressInfo;
  const scheme = tls === undefined ? 'ws' : 'wss';
  const hosts = reachableHosts(host, preferredHost);
  const served = tls === undefined ? hosts : hostsOfCertificate(tls.cert, hosts);
  return {
    urls: served.map((reachable) => `${scheme}://${reachable}:${port}`),
    async close() {
      server.close();
    },
  };
}

const GONE = { status: 400, message: 'upgrade: the connection is gone' } as const;

/**
 * Whether an address can be listened on, for whoever has something to do before they do.
 *
 * @throws ListenError `address` if it cannot be now
 */
export async function checkAddress(
  address: Readonly<Pick<DoorSettings, 'host' | 'port'>>,
): Promise<void> {
  const server = createServer();
  await bind(server, address);
  await new Promise((resolve) => server.close(resolve));
}

function bind(server: Server, { host, port }: Pick<DoorSettings, 'host' | 'port'>): Promise<void> {
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
      return `another process listens there already (${code}); choose another port (--port)`;
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

function answer(socket: Socket, status: number, message: string): void {
  const body = `${message}\n`;
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
