// A folder of certificates: the authority's (`ca.pem`, `ca.key`), and a pair for each host (`node1.pem`, `node1.key`).
// Invariant: what holds a key is for its user alone (0600) from its first byte on, and no file is seen half written.
import { X509Certificate } from 'node:crypto';
import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@lockstep/data';
import { UsageError } from '../errors.js';
import { writeWhole } from '../whole-file.js';
import { faultOfFolderPlace } from '../writable-place.js';
import { expiryOf, type KeyPair } from './authority.js';

const AUTHORITY = 'ca';

/** An authority as it lies in a folder; its key may have been taken away. */
export interface FoundAuthority {
  readonly cert: string;
  readonly key: string | undefined;
}

export const certFile = (folder: string, host: string): string =>
  join(folder, `${fileName(host)}.pem`);

export const keyFile = (folder: string, host: string): string =>
  join(folder, `${fileName(host)}.key`);

export const authorityFile = (folder: string): string => certFile(folder, AUTHORITY);

/** @returns undefined if there is none. @throws UsageError if it cannot be read, or has expired */
export async function readAuthority(
  folder: string,
  now: Date,
): Promise<FoundAuthority | undefined> {
  const cert = await textOf(certFile(folder, AUTHORITY));
  if (cert === undefined) return undefined;
  refuseExpired(certFile(folder, AUTHORITY), cert, now);
  return { cert, key: await textOf(keyFile(folder, AUTHORITY)) };
}

/**
 * For whoever is about to make an authority where there is none.
 *
 * @throws UsageError if none can be made there, or there is a key of one, which is somebody's
 */
export async function checkNewAuthority(folder: string): Promise<void> {
  const fault = await faultOfFolderPlace(folder);
  if (fault !== undefined) {
    throw new UsageError(`certificates: ${folder}: it has no ca.pem to take, and ${fault}`);
  }
  if ((await textOf(keyFile(folder, AUTHORITY))) === undefined) return;
  throw new UsageError(
    `certificates: ${keyFile(folder, AUTHORITY)} is there, and its certificate, ${certFile(folder, AUTHORITY)}, is not: put that back to make more certificates, or take another folder`,
  );
}

/**
 * For whoever is about to keep a pair for a host there: one of the same authority is replaced, and nothing else.
 *
 * @param ca PEM text of the authority
 * @throws UsageError if there are files of another
 */
export async function refuseOthers(folder: string, host: string, ca: string): Promise<void> {
  const cert = await textOf(certFile(folder, host));
  const key = await textOf(keyFile(folder, host));
  const isOwn = cert === undefined ? key === undefined : isIssued(cert, ca);
  if (isOwn) return;
  throw new UsageError(
    `certificates: ${cert === undefined ? keyFile(folder, host) : certFile(folder, host)} is there, and not of the authority in ${certFile(folder, AUTHORITY)}; remove it, or take another folder`,
  );
}

function isIssued(cert: string, ca: string): boolean {
  try {
    return new X509Certificate(cert).verify(new X509Certificate(ca).publicKey);
  } catch {
    return false;
  }
}

/** @returns the pair of the first of these hosts that has one. @throws UsageError if it cannot be read, or has expired */
export async function readPair(
  folder: string,
  hosts: readonly string[],
  now: Date,
): Promise<(KeyPair & { readonly host: string }) | undefined> {
  for (const host of hosts.filter((name) => name !== AUTHORITY)) {
    const cert = await textOf(certFile(folder, host));
    const key = await textOf(keyFile(folder, host));
    if (cert === undefined || key === undefined) continue;
    refuseExpired(certFile(folder, host), cert, now);
    return { cert, key, host };
  }
  return undefined;
}

export async function keepAuthority(folder: string, authority: KeyPair): Promise<void> {
  // Whoever waits for it looks for the certificate.
  await writeWhole(keyFile(folder, AUTHORITY), authority.key, 0o600);
  await writeWhole(certFile(folder, AUTHORITY), authority.cert, 0o644);
}

export async function keepPair(folder: string, host: string, pair: KeyPair): Promise<void> {
  await writeWhole(keyFile(folder, host), pair.key, 0o600);
  await writeWhole(certFile(folder, host), pair.cert, 0o644);
}

/** Makes the folder, for its user alone if it is not there. */
export async function makeOwnFolder(folder: string): Promise<void> {
  const isThere = await stat(folder).catch(() => undefined);
  await makeFolder(folder);
  if (!isThere) await chmod(folder, 0o700);
}

/** Names that are addresses have colons, which not every file system takes. */
function fileName(host: string): string {
  return host.replace(/[^\w.-]/g, '_');
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UsageError(`certificates: ${path} cannot be read: ${message}`, { cause });
  }
}

function refuseExpired(path: string, cert: string, now: Date): void {
  let until: Date;
  try {
    until = expiryOf(cert);
  } catch (cause) {
    throw new UsageError(
      `certificates: ${path} is no certificate; expected PEM, which begins with -----BEGIN CERTIFICATE-----`,
      { cause },
    );
  }
  if (until > now) return;
  throw new UsageError(
    `certificates: ${path} has expired on ${until.toISOString().slice(0, 10)}; remove its folder, and make another one with "lockstep certs"`,
  );
}
