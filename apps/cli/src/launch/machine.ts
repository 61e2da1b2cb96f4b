// What this machine is, as far as a launch asks: its names, networks and cores.
import { lookup } from 'node:dns/promises';
import { cpus, hostname, networkInterfaces } from 'node:os';
import { type AvailableThreads, availableThreads } from '@lockstep/trainer';

export interface Machine {
  readonly hostname: string;
  /** All addresses of this machine by the names of their interfaces, loopback too. */
  readonly addresses: readonly Address[];
  /** Cores that there are, whoever may use them. */
  readonly cores: number;
  /** Cores that this process may use. */
  readonly available: AvailableThreads;
}

export interface Address {
  readonly address: string;
  readonly interface: string;
  readonly isInternal: boolean;
}

export function thisMachine(): Machine {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).map(({ address, internal }) => ({
      ...{ address, interface: name, isInternal: internal },
    })),
  );
  return {
    hostname: hostname(),
    addresses,
    cores: Math.max(cpus().length, 1),
    available: availableThreads(),
  };
}

/** The addresses that a name leads to from here, as the system prefers them; none if it leads nowhere now. */
export async function addressesOf(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
