// What those who dial a listener will say of its certificate.
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/**
 * @param cert PEM text
 * @param url of the listener
 * @returns words for whoever starts it; undefined if there is nothing to say
 */
export function certificateWarning(cert: string, url: string, now: Date): string | undefined {
  const certificate = new X509Certificate(cert);
  const { subjectAltName = 'no name at all', validTo, validFrom } = certificate;
  if (now > new Date(validTo))
    return `the certificate has expired (${validTo}): nobody will trust it`;
  if (now < new Date(validFrom)) return `the certificate is not valid before ${validFrom}`;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const isIts = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host);
  return isIts === undefined
    ? `the certificate is for ${subjectAltName} and not for ${host}: workers must dial a name that it has, made known with --reachable-as`
    : undefined;
}
