// The transport of a page: WebSockets as a browser has them. It dials the listener that the page came from, which knows by the
// subprotocol that signs of life are words here. It never listens.
import { checkOptions, requireCallback } from '@lockstep/errors';
import { printable } from '@lockstep/wire';
import { LinkError } from '../errors.js';
import type { Channel, DialSetting, Transport } from '../transport.js';
import { PageChannel } from './page-channel.js';
import { type OpenSocket, openSocket } from './page-socket.js';
import { PAGE_PROTOCOL } from './page-words.js';
import { requestUrl, suggestion, urlProblem } from './target.js';

/** What `pageSockets` takes. */
export interface PageSocketSettings {
  /** Opens sockets; the browser's own if left out. */
  readonly socket?: OpenSocket | undefined;
}

const MAX_SHOWN = 300;

/** @throws ConfigError if a setting is unknown */
export function pageSockets(settings: PageSocketSettings = {}): Transport {
  checkOptions('pageSockets', settings, { socket: true });
  const { socket = openSocket } = settings;
  requireCallback('pageSockets', 'socket', socket);
  return {
    schemes: ['ws', 'wss'],
    urlProblem,
    suggestion,
    dial: (url, setting) => dialFromPage(url, setting, socket),
    async listen() {
      return undefined;
    },
  };
}

function dialFromPage(
  url: string,
  { role, signal }: DialSetting,
  socket: OpenSocket,
): Promise<Channel> {
  const ws = socket(requestUrl(url, role).href, PAGE_PROTOCOL);
  return new Promise((resolve, reject) => {
    const end = (): void => {
      signal.removeEventListener('abort', abort);
      ws.onopen = ws.onclose = null;
      ws.onerror = () => {};
    };
    const abort = (): void => {
      end();
      reject(signal.reason);
      ws.close();
    };
    signal.addEventListener('abort', abort, { once: true });
    ws.onopen = () => {
      end();
      resolve(new PageChannel(ws));
    };
    ws.onerror = () => {};
    ws.onclose = () => {
      end();
      const where = `dial ${printable(url, MAX_SHOWN)}`;
      const message = `${where}: there was no connection; why, a browser does not tell a page`;
      reject(new LinkError('unreachable', message));
    };
  });
}
