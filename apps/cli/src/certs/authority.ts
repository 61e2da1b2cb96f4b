// An authority of a run's own, and the certificates that it issues: what X.509 is, the library knows; here is what of it a cluster
// needs. Nothing is read or written here.
// Invariant: keys are ECDSA P-256; an authority signs certificates and no other authorities; a certificate serves both ways, as a
// server's and as a client's, for just the names that it was made for.
import { createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { UsageError } from '../errors.js';

/** PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const KEYS = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { ...KEYS, hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** How long what is made is valid. */
export interface Validity {
  readonly now: Date;
  readonly days: number;
}

/** Loaded by those who make certificates: nobody else needs it. */
async function library() {
  // It builds on decorators that take this one.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as never);
  return x509;
}

/** An authority that nobody else knows. */
export async function makeAuthority(validity: Validity): Promise<KeyPair> {
  const x509 = await library();
  const keys = await newKeys();
  const name = `CN=Lockstep authority ${randomBytes(4).toString('hex')}`;
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: newSerial(), name, keys, signingAlgorithm: SIGNING, ...datesOf(validity) },
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: cert.toString('pem'), key: pemOf(keys.privateKey) };
}

/**
 * A certificate for a machine.
 *
 * @param hosts names and addresses, at least one, by which others reach it
 * @throws UsageError if the authority has expired or is none, or key and certificate are not of each other
 */
export async function issueCertificate(
  authority: KeyPair,
  hosts: readonly string[],
  validity: Validity,
): Promise<KeyPair> {
  const x509 = await library();
  const ca = new x509.X509Certificate(authority.cert);
  const until = expiryOf(authority.cert);
  const { notBefore, notAfter } = datesOf(validity);
  const keys = await newKeys();
  const [first = ''] = hosts;
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: new x509.Name([{ CN: [first.slice(0, 64)] }]).toString(),
    issuer: ca.subject,
    // Never longer than the authority's own: that is when it ends in any case.
    ...{ notBefore, notAfter: new Date(Math.min(notAfter.getTime(), until.getTime())) },
    ...{ publicKey: keys.publicKey, signingKey: await signingKey(authority) },
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => ({
          type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
          value: host,
        })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: cert.toString('pem'), key: pemOf(keys.privateKey) };
}

/** When a certificate ends. */
export function expiryOf(cert: string): Date {
  return new Date(new X509Certificate(cert).validTo);
}

/** From a day ago: clocks of machines differ. */
function datesOf({ now, days }: Validity): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
  };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
}

/** Positive, as RFC 5280 §4.1.2.2 has it. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0]! &= 0x7f;
  return bytes.toString('hex');
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** @throws UsageError if this is no authority of ours: its certificate, its key, or both together */
async function signingKey({ cert, key }: KeyPair): Promise<webcrypto.CryptoKey> {
  const certificate = new X509Certificate(cert);
  if (!certificate.ca) {
    throw new UsageError("certificates: ca.pem is a machine's certificate, and no authority's");
  }
  const own = privateKey(key);
  if (!certificate.checkPrivateKey(own)) {
    throw new UsageError(
      "certificates: ca.key is not the key of ca.pem; remove both, and make them anew with 'lockstep certs'",
    );
  }
  if (own.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new UsageError(
      `certificates: ca.key is of another kind (${own.asymmetricKeyDetails?.namedCurve ?? own.asymmetricKeyType}) than is signed with here, ECDSA P-256; sign with OpenSSL, or remove both, and make them anew with 'lockstep certs'`,
    );
  }
  const der = own.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, KEYS, false, ['sign']);
}

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new UsageError(
      'certificates: ca.key cannot be used; expected PEM without a passphrase, which begins with -----BEGIN PRIVATE KEY-----',
      { cause },
    );
  }
}
