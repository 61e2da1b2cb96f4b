// The certificate that this side shows, where it was given one: the other side says only that it does not take it, if that.
import { X509Certificate } from 'node:crypto';
import { printable } from '@lockstep/wire';
import type { Finding } from '../../transport.js';

const PART = { id: 'own-tls', title: 'Own certificate' } as const;
const DAY_MS = 86_400_000;
const FEW_DAYS = 14;
const MAX_SHOWN = 300;

/** RFC 5280 §4.2.1.12. */
const CLIENT_USE = '1.3.6.1.5.5.7.3.2';
const SERVER_USE = '1.3.6.1.5.5.7.3.1';

/** @param pem whose first certificate is shown */
export function describeOwn(pem: string, now: Date): Finding {
  const { validFrom, validTo, issuer, keyUsage } = new X509Certificate(pem);
  const days = Math.floor((Date.parse(validTo) - now.getTime()) / DAY_MS);
  const authority = printable(issuer.replaceAll('\n', ', '), MAX_SHOWN);
  const found = `of ${authority}, ${days < 0 ? `expired ${-days} days ago` : `${days} days left`}`;
  // No problem by itself: not every coordinator asks for it.
  const note = (advice: string, more = ''): Finding => ({
    ...{ ...PART, status: 'note', found: `${found}${more}`, advice },
  });
  if (days < 0) return note('it must be renewed: no coordinator that asks for one accepts it');
  if (now.getTime() < Date.parse(validFrom)) {
    return note("look at this machine's clock", `, not valid before ${validFrom}`);
  }
  const may = (use: string): boolean => keyUsage === undefined || keyUsage.includes(use);
  if (!may(CLIENT_USE)) {
    return note('its extendedKeyUsage must have clientAuth', ', not for clients');
  }
  if (days < FEW_DAYS) return note('it must be renewed soon');
  return may(SERVER_USE)
    ? { ...PART, status: 'ok', found }
    : note(
        'with serverAuth in its extendedKeyUsage others of a mesh could dial this worker; without, the run is a star',
        ', not for servers',
      );
}
