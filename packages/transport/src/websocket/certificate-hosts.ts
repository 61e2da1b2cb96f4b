// For which hosts a listener's certificate is: over TLS nobody believes it to be any other, so no other is told.
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** @returns the names of a certificate (PEM text, the first of several), without those that stand for many */
export function certificateNames(cert: string): string[] {
  const { subjectAltName = '' } = new X509Certificate(cert);
  return [...subjectAltName.matchAll(/\bDNS:([a-z\d._-]+)(?=,|$)/gi)].map(([, name]) =>
    name!.toLowerCase(),
  );
}

/**
 * @param hosts at which a listener is reached, as in a URL, best first
 * @returns those that its certificate is for; of one that is for none of them, the names that it is for, and all of them if it has none
 */
export function hostsOfCertificate(cert: string, hosts: readonly string[]): readonly string[] {
  const certificate = new X509Certificate(cert);
  const served = hosts.filter((host) => {
    const name = host.replace(/^\[|\]$/g, '');
    return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
  });
  if (served.length > 0) return served;
  const names = certificateNames(cert).filter((name) => name !== 'localhost');
  return names.length > 0 ? names : hosts;
}
