// Where and how workers reach a coordinator: the options, and the same complete and checked.
import {
  ConfigError,
  checkOptions,
  describeValue,
  type OptionNames,
  requireBoolean,
  requireChoice,
  requireInteger,
  requireNumber,
  requireText,
} from '@lockstep/errors';
import { exposure, hostProblem, type ListenTls, tlsProblem } from '@lockstep/transport';
import { MAX_HEARTBEAT_MS, MAX_MEMBERS } from '@lockstep/wire';

const MIN_TOKEN_CHARACTERS = 16;

/** Where and how workers reach a coordinator. */
export interface CoordinatorOptions {
  /** Default 127.0.0.1. Beyond loopback it takes `tls`, or `insecure`. */
  readonly host?: string | undefined;
  /** Default 7070; 0 takes a free one. */
  readonly port?: number | undefined;
  /** What workers must prove to have; at least 16 characters. */
  readonly token: string;
  /** PEM texts; with `ca`, workers must show a certificate of that authority. */
  readonly tls?: ListenTls | undefined;
  /** Allows listening beyond loopback without TLS: others could read and change what is sent. Default false. */
  readonly insecure?: boolean | undefined;
  /** More host names under which workers may reach it. */
  readonly names?: readonly string[] | undefined;
  /** Wait for so many before the run's first step. Default 1. */
  readonly minWorkers?: number | undefined;
  /** More are refused. Default 256. */
  readonly maxWorkers?: number | undefined;
  /** Default `auto`: a mesh when all workers can reach each other, else a star. Cannot change the result. */
  readonly topology?: 'auto' | 'star' | 'mesh' | undefined;
  /**
   * The share of steps, from 0 to 1, that are audited: another worker computes each part of the sum again, and the step
   * is only taken if the bytes are the same. It takes twice the computing, and a worker twice the memory. Default 0.
   */
  readonly auditShare?: number | undefined;
  /** A worker that is silent for longer is lost. Default 5000. */
  readonly heartbeatTimeoutMs?: number | undefined;
}

/** The same, complete and checked. */
export interface NetworkOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly tls: ListenTls | undefined;
  readonly insecure: boolean;
  readonly names: readonly string[] | undefined;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly topology: 'auto' | 'star' | 'mesh';
  readonly auditShare: number;
  readonly heartbeatTimeoutMs: number;
}

export const COORDINATOR_OPTIONS: OptionNames<CoordinatorOptions> = {
  host: true,
  port: true,
  token: true,
  tls: true,
  insecure: true,
  names: true,
  minWorkers: true,
  maxWorkers: true,
  topology: true,
  auditShare: true,
  heartbeatTimeoutMs: true,
};

const TOPOLOGIES = ['auto', 'star', 'mesh'] as const;

/**
 * @param operation for errors
 * @throws ConfigError if one is of a wrong kind or out of its range, or others could read and change what is sent
 */
export function networkOptions(
  options: CoordinatorOptions,
  operation = 'coordinate',
): NetworkOptions {
  const { token, tls, names, host = '127.0.0.1', insecure = false, port = 7070 } = options;
  const { minWorkers = 1, maxWorkers = 256, topology = 'auto', auditShare = 0 } = options;
  const { heartbeatTimeoutMs = 5000 } = options;
  requireText(operation, 'host', host);
  requireInteger(operation, 'port', port, 0, 65_535);
  if (token !== undefined) requireText(operation, 'token', token);
  if (token === undefined || token.length < MIN_TOKEN_CHARACTERS) {
    const { length } = token ?? '';
    throw new ConfigError(
      `${operation}: the token has ${length} ${length === 1 ? 'character' : 'characters'}, expected at least ${MIN_TOKEN_CHARACTERS}: it is all that keeps strangers out`,
    );
  }
  requireBoolean(operation, 'insecure', insecure);
  if (tls !== undefined) {
    checkOptions(`${operation}: tls`, tls, { cert: true, key: true, ca: true });
    requireText(operation, 'tls.cert', tls.cert);
    requireText(operation, 'tls.key', tls.key);
    const problem = tlsProblem(tls);
    if (problem !== undefined) throw new ConfigError(`${operation}: ${problem}`);
  }
  if (names !== undefined && !Array.isArray(names)) {
    throw new ConfigError(`${operation}: names must be a list, got ${describeValue(names)}`);
  }
  for (const name of names ?? []) requireText(operation, 'each of names', name);
  requireInteger(operation, 'maxWorkers', maxWorkers, 1, MAX_MEMBERS);
  requireInteger(operation, 'minWorkers', minWorkers, 1, maxWorkers);
  requireChoice(operation, 'topology', topology, TOPOLOGIES);
  requireNumber(operation, 'auditShare', auditShare, { min: 0, max: 1 });
  requireInteger(operation, 'heartbeatTimeoutMs', heartbeatTimeoutMs, 100, MAX_HEARTBEAT_MS);
  const exposed = exposure({ host, tls, insecure });
  if (exposed !== undefined) throw new ConfigError(`${operation}: ${exposed}`);
  for (const name of names ?? []) {
    const problem = hostProblem(name);
    if (problem !== undefined) {
      throw new ConfigError(`${operation}: the name "${name}" (--reachable-as): ${problem}`);
    }
  }
  return {
    host,
    port,
    token,
    tls,
    insecure,
    names,
    minWorkers,
    maxWorkers,
    topology,
    auditShare,
    heartbeatTimeoutMs,
  };
}
