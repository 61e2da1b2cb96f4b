// Where the dashboard's page is served: `--dashboard [host:]port`.
import { type Command, InvalidArgumentError } from 'commander';

export class Place {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  /** As one would write it. */
  toString(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }
}

/** Where nobody says another: of this machine alone. */
export const USUAL = new Place('127.0.0.1', 7071);

/** `7071`, `0`, `0.0.0.0:7071`, `[::1]:7071` */
export function placeOf(text: string): Place {
  const [, host, port] = /^(?:([^:]+|\[.+\]):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new InvalidArgumentError(`expected a port or host:port, such as ${USUAL}`);
  }
  return new Place(host?.replace(/^\[(.*)\]$/, '$1') ?? USUAL.host, Number(port));
}

/** `true` stands for the flag without a value. */
export interface DashboardFlags {
  readonly dashboard?: Place | true;
}

export function addDashboardOption(command: Command): void {
  command.option(
    '--dashboard [host:port]',
    `serve a live page of the run (at ${USUAL}, or on a free port if that is taken)`,
    placeOf,
  );
}
