// The first part of the way: a host's name, and the addresses that it leads to.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Finding } from '../../transport.js';
import { within } from '../../within.js';

const PART = { id: 'name', title: 'Name' } as const;

/** The system's, which knows /etc/hosts too: what a dial goes by. */
type Resolve = (host: string) => Promise<readonly { readonly address: string }[]>;

export interface Named {
  readonly finding: Finding;
  /** None if the name leads nowhere. */
  readonly addresses: readonly string[];
}

/** @param host a name or an address, without brackets */
export async function findAddresses(
  host: string,
  ms: number,
  resolve: Resolve = (name) => lookup(name, { all: true }),
): Promise<Named> {
  if (isIP(host) !== 0) {
    return {
      finding: { ...PART, status: 'ok', found: `${host} is an address` },
      addresses: [host],
    };
  }
  try {
    const found = await within(ms, () => resolve(host));
    const addresses = [...new Set(found.map(({ address }) => address))];
    return {
      finding: { ...PART, status: 'ok', found: `${host} is ${addresses.join(', ')}` },
      addresses,
    };
  } catch (error) {
    return { finding: unresolved(host, error as NodeJS.ErrnoException), addresses: [] };
  }
}

function unresolved(host: string, { code = '', message }: NodeJS.ErrnoException): Finding {
  const problem = (found: string, advice: string): Finding => ({
    ...{ ...PART, status: 'problem', found, advice },
  });
  const server =
    "look at this machine's name server (/etc/resolv.conf) and the way to it; or dial the address";
  if (code === 'ENOTFOUND' || code === 'EAI_NONAME' || code === 'EAI_NODATA') {
    return problem(
      `the name "${host}" cannot be resolved (${code})`,
      "look whether it is spelt right, and known to this machine's name server (/etc/resolv.conf) or in /etc/hosts; or dial the address",
    );
  }
  if (code === 'timeout' || code === 'EAI_AGAIN') {
    return problem(
      `the name server does not answer (${code === 'timeout' ? message : code})`,
      server,
    );
  }
  return problem(`the name "${host}" cannot be resolved: ${message}`, server);
}
