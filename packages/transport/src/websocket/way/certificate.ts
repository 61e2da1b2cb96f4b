// The third part of the way, of wss:// only: TLS, and the certificate that the server shows. It is looked at also where it is not
// accepted, so that all that is wrong with it can be told; but nothing is said to such a server.
import { once } from 'node:events';
import { isIP } from 'node:net';
import { checkServerIdentity, connect, type PeerCertificate } from 'node:tls';
import { printable } from '@lockstep/wire';
import { failed, sentences } from '../../finding.js';
import type { Finding } from '../../transport.js';
import { within } from '../../within.js';
import type { DialTls } from '../connect.js';
import { connectFailure, type Dialled } from '../dial-failure.js';
import { verificationFailure } from '../tls-failure.js';

const PART = { id: 'tls', title: 'Certificate' } as const;
const DAY_MS = 86_400_000;
/** Enough to renew it, and more than most runs take. */
const FEW_DAYS = 14;
const MAX_SHOWN = 300;

/** What a server showed. */
export interface Shown {
  readonly certificate: Pick<PeerCertificate, 'subjectaltname' | 'issuer' | 'valid_to'>;
  /** Codes of what is wrong with it; none if it is accepted. */
  readonly wrong: readonly string[];
  /** As `TLSv1.3`. */
  readonly version: string;
}

/** @returns what is found, and whether a dial would accept it */
export async function examineTls(target: URL, tls: DialTls, ms: number): Promise<Finding> {
  try {
    const shown = await within(ms, (signal) => meet(target, tls, signal));
    return describeShown(shown, { url: target, tls }, new Date());
  } catch (error) {
    return failed(PART, error);
  }
}

/** @throws LinkError if there is no TLS */
async function meet(target: URL, tls: DialTls, signal: AbortSignal): Promise<Shown> {
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({
    ...tls,
    host,
    port: Number(target.port) || 443,
    servername: isIP(host) === 0 ? host : '',
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
  });
  socket.on('error', () => {});
  try {
    await once(socket, 'secureConnect', { signal }).catch((error: Error) => {
      signal.throwIfAborted();
      throw connectFailure(error, { url: target, tls });
    });
    const certificate = socket.getPeerCertificate();
    return {
      certificate,
      wrong: wrongWith(socket.authorizationError, host, certificate),
      version: socket.getProtocol() ?? '',
    };
  } finally {
    socket.destroy();
  }
}

/** @param first what Node stopped at, by its code, which it gives in place of the error */
function wrongWith(first: unknown, host: string, certificate: PeerCertificate): string[] {
  const others = checkServerIdentity(host, certificate) ? ['ERR_TLS_CERT_ALTNAME_INVALID'] : [];
  return [...new Set([...(first ? [String(first)] : []), ...others])];
}

export function describeShown(shown: Shown, { url, tls }: Dialled, now: Date): Finding {
  const { certificate, wrong, version } = shown;
  const days = Math.floor((Date.parse(certificate.valid_to) - now.getTime()) / DAY_MS);
  const found = [
    `for ${namesOf(certificate)}`,
    `of ${authorityOf(certificate)}`,
    ...(Number.isNaN(days) ? [] : [days < 0 ? `expired ${-days} days ago` : `${days} days left`]),
    version,
  ].join(', ');
  if (wrong.length > 0) {
    const words = wrong.map((code) => {
      const rejection = { code, message: code, cert: certificate };
      const said =
        verificationFailure(rejection, url, tls) ??
        `the server's certificate is not accepted (${code})`;
      return sentences(printable(said, 2 * MAX_SHOWN));
    });
    return {
      ...{ ...PART, status: 'problem' },
      found: [...words.map((one) => one.found), found].join('; '),
      advice: words.flatMap((one) => one.advice ?? []).join('; '),
    };
  }
  return days < FEW_DAYS
    ? {
        ...PART,
        status: 'note',
        found,
        advice: 'it must be renewed soon: nobody is let in with it after that',
      }
    : { ...PART, status: 'ok', found };
}

/** `DNS:localhost, IP Address:127.0.0.1` → `localhost, 127.0.0.1`. */
function namesOf({ subjectaltname = 'no name at all' }: Shown['certificate']): string {
  return printable(subjectaltname.replace(/\b(DNS|IP Address):/g, ''), MAX_SHOWN);
}

function authorityOf({ issuer }: Shown['certificate']): string {
  const { O: organisation, CN: name } = issuer ?? {};
  const parts = [organisation, name].flat().filter((part) => part !== undefined);
  return printable(parts.join(', ') || 'an authority without a name', MAX_SHOWN);
}
