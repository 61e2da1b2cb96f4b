// Where and how workers reach a coordinator: the options, and the same complete and checked.
import { ConfigError } from '@lockstep/core';
import { exposure, hostProblem, type ListenTls } from '@lockstep/transport';
import { MAX_MEMBERS } from '@lockstep/wire';

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

/** @throws ConfigError if one is out of range, or others could read and change what is sent */
export function networkOptions(options: CoordinatorOptions): NetworkOptions {
  const whole = (
    name: keyof CoordinatorOptions,
    value: number,
    least: number,
    most = Number.MAX_SAFE_INTEGER,
  ): number => {
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new ConfigError(
      `coordinate: ${name} is ${value}, expected a whole number from ${least} to ${most}`,
    );
  };
  const { token, auditShare = 0 } = options;
  if (!(auditShare >= 0 && auditShare <= 1)) {
    throw new ConfigError(`coordinate: auditShare is ${auditShare}, expected a number from 0 to 1`);
  }
  if (typeof token !== 'string' || token.length < MIN_TOKEN_CHARACTERS) {
    throw new ConfigError(
      `coordinate: the token has ${token?.length ?? 0} characters, expected at least ${MIN_TOKEN_CHARACTERS}: it is all that keeps strangers out`,
    );
  }
  const { host = '127.0.0.1', tls, insecure } = options;
  const exposed = exposure({ host, tls, insecure });
  if (exposed !== undefined) throw new ConfigError(`coordinate: ${exposed}`);
  for (const name of options.names ?? []) {
    const problem = hostProblem(name);
    if (problem !== undefined) {
      throw new ConfigError(`coordinate: the name "${name}" (--reachable-as): ${problem}`);
    }
  }
  return {
    host,
    port: whole('port', options.port ?? 7070, 0, 65_535),
    token,
    tls: options.tls,
    insecure: options.insecure ?? false,
    names: options.names,
    minWorkers: whole('minWorkers', options.minWorkers ?? 1, 1),
    maxWorkers: whole('maxWorkers', options.maxWorkers ?? 256, 1, MAX_MEMBERS),
    topology: options.topology ?? 'auto',
    auditShare,
    heartbeatTimeoutMs: whole('heartbeatTimeoutMs', options.heartbeatTimeoutMs ?? 5000, 100),
  };
}
