// The transport that is used unless another is given: WebSockets, over TLS where there is a certificate.
import {
  ConfigError,
  checkOptions,
  describeValue,
  type OptionNames,
  requireBoolean,
  requireInteger,
  requireText,
} from '@lockstep/errors';
import type { Acceptor, Transport } from '../transport.js';
import { anyAddress, hostProblem, isLoopbackUrl, localAddressTowards } from './addresses.js';
import { connect, type DialTls } from './connect.js';
import { checkAddress, type DoorSettings, exposure, type ListenTls, openDoor } from './door.js';
import { checkPage } from './page-door.js';
import type { PageFiles } from './page-files.js';
import { suggestion, urlProblem } from './target.js';
import { tlsProblem } from './tls-problem.js';
import { examineWay } from './way/way.js';

/** What `webSockets` takes. */
export interface WebSocketSettings {
  /**
   * Listens there. If left out, a coordinator listens on 127.0.0.1; a worker on the address from which it reaches the
   * coordinator, if that is on this machine, or there is a certificate to show, or `insecure`, else nowhere.
   */
  readonly host?: string | undefined;
  /** 0 takes a free one; if left out, 7070 for a coordinator and a free one for a worker. */
  readonly port?: number | undefined;
  /** PEM texts: whom to trust, and what to show. A listener with `ca` wants certificates of that authority. */
  readonly tls?: DialTls | undefined;
  /** Allows listening beyond loopback without TLS: others could read and change what is sent. Default false. */
  readonly insecure?: boolean | undefined;
  /** More host names under which others may reach it. */
  readonly names?: readonly string[] | undefined;
  /** A page that a coordinator serves at its port, and that may connect: files by name, the page itself as `index.html`. */
  readonly page?: PageFiles | undefined;
}

const SETTINGS: OptionNames<WebSocketSettings> = {
  host: true,
  port: true,
  tls: true,
  insecure: true,
  names: true,
  page: true,
};

const COORDINATOR_PORT = 7070;

/**
 * @param operation for errors
 * @throws ConfigError if a setting is of a wrong kind or cannot be used, or others could read and change what is sent
 */
export function webSockets(settings: WebSocketSettings = {}, operation = 'webSockets'): Transport {
  checkOptions(operation, settings, SETTINGS);
  check(settings, operation);
  const { tls = {}, host, insecure = false, names = [] } = settings;
  const common = { tls: listenTls(tls), insecure, names, page: undefined };
  const coordinators = {
    ...common,
    page: settings.page,
    host: host ?? '127.0.0.1',
    port: settings.port ?? COORDINATOR_PORT,
    preferredHost: undefined,
  };

  /** Where a worker listens for others of a mesh, if that can be done without asking the user. */
  async function workers(towards: string): Promise<DoorSettings | undefined> {
    const isLocal = isLoopbackUrl(towards);
    if (host === undefined && !isLocal && !common.tls && !insecure) return undefined;
    const own = await localAddressTowards(towards);
    const there = host ?? own ?? (isLocal ? '127.0.0.1' : anyAddress());
    return { ...common, host: there, port: settings.port ?? 0, preferredHost: own };
  }

  return {
    schemes: ['ws', 'wss'],
    servesPage: settings.page !== undefined,
    urlProblem,
    suggestion,
    dial: (url, setting) => connect(url, tls, setting),
    examine: (url, partMs) => examineWay(url, tls, partMs),
    probe: () => checkAddress(coordinators),
    async listen(acceptor: Acceptor) {
      const { towards } = acceptor;
      const door = towards === undefined ? coordinators : await workers(towards);
      return door && openDoor(door, acceptor);
    },
  };
}

function check(settings: WebSocketSettings, operation: string): void {
  const { host, port, tls, insecure = false, names, page } = settings;
  if (host !== undefined) requireText(operation, 'host', host);
  if (port !== undefined) requireInteger(operation, 'port', port, 0, 65_535);
  requireBoolean(operation, 'insecure', insecure);
  if (page !== undefined) checkPage(page, operation);
  if (tls !== undefined) {
    checkOptions(`${operation}: tls`, tls, { cert: true, key: true, ca: true });
    const problem = tlsProblem(tls);
    if (problem !== undefined) throw new ConfigError(`${operation}: ${problem}`);
  }
  if (names !== undefined && !Array.isArray(names)) {
    throw new ConfigError(`${operation}: names must be a list, got ${describeValue(names)}`);
  }
  for (const name of names ?? []) requireText(operation, 'each of names', name);
  const exposed = host !== undefined && exposure({ host, tls: listenTls(tls), insecure });
  if (exposed) throw new ConfigError(`${operation}: ${exposed}`);
  for (const name of names ?? []) {
    const problem = hostProblem(name);
    if (problem !== undefined) {
      throw new ConfigError(`${operation}: the name "${name}" (--reachable-as): ${problem}`);
    }
  }
}

/** What is shown to those who connect; undefined without a certificate. */
function listenTls({ cert, key, ca }: DialTls = {}): ListenTls | undefined {
  return cert && key ? { cert, key, ...(ca && { ca }) } : undefined;
}
