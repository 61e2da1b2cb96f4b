// Certificates and keys as somebody gave them: what is wrong with them is said before anything is dialled or listened on.
// Without this Node takes any text for authorities, and trusts nobody then.
// Invariant: OpenSSL's own text is said only where no words of ours fit, and then without its numbers.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/;
/** PKCS #8 says so in its label, the older forms in a header (RFC 1421). */
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** PEM texts. */
interface GivenTls {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

/**
 * @param nameOf what each of them is called
 * @returns what is wrong, naming the option; undefined if they can be used
 */
export function tlsProblem(
  tls: GivenTls,
  nameOf: (name: 'cert' | 'key' | 'ca') => string = (name) => `tls.${name} (--tls-${name})`,
): string | undefined {
  const { cert, key, ca } = tls;
  if ((cert === undefined) !== (key === undefined)) {
    return 'tls.cert and tls.key go together: a certificate and its private key';
  }
  for (const name of ['cert', 'ca'] as const) {
    const pem = tls[name];
    const problem = pem === undefined ? undefined : pemProblem(String(pem));
    if (problem !== undefined) return `${nameOf(name)} ${problem}`;
  }
  if (cert === undefined || key === undefined) return undefined;
  const own = keyOf(String(key));
  if (typeof own === 'string') return `${nameOf('key')} ${own}`;
  if (!new X509Certificate(cert.match(BLOCK)![0]!).checkPrivateKey(own)) {
    return `${nameOf('key')} is not the key of the certificate in ${nameOf('cert')}; of several there, the first must be this machine's own`;
  }
  try {
    createSecureContext({ cert, key, ...(ca !== undefined && { ca }) });
    return undefined;
  } catch (error) {
    return `${nameOf('cert')} cannot be used: ${(error as Error).message.replace(/^error:.*:/, '')}`;
  }
}

function pemProblem(pem: string): string | undefined {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0) {
    const what = KEY.test(pem) || ENCRYPTED.test(pem) ? 'a private key and no' : 'no';
    return `holds ${what} certificate; expected PEM, which begins with -----BEGIN CERTIFICATE-----`;
  }
  for (const [i, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      return `holds a certificate that is damaged (number ${i + 1} of ${blocks.length})`;
    }
  }
  return undefined;
}

/** @returns words about it, if it is none that can be used */
function keyOf(pem: string): KeyObject | string {
  if (ENCRYPTED.test(pem)) {
    return 'is encrypted, and nobody is here to give the passphrase; write it without one: openssl pkey -in KEY -out PLAIN';
  }
  if (!KEY.test(pem)) {
    return 'holds no private key; expected PEM, which begins with -----BEGIN PRIVATE KEY-----';
  }
  try {
    return createPrivateKey(pem);
  } catch {
    return 'holds a private key that is damaged, or of a kind that is not known here';
  }
}
