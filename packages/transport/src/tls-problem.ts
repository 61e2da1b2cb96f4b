// Certificates and keys as somebody gave them: what is wrong with them is said before anything is dialled or listened on.
// Without this Node takes any text for authorities, and trusts nobody then.
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** @param tls PEM texts. @returns what is wrong, naming the option; undefined if they can be used */
export function tlsProblem(tls: {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}): string | undefined {
  const { cert, key, ca } = tls;
  if ((cert === undefined) !== (key === undefined)) {
    return 'tls.cert and tls.key go together: a certificate and its private key';
  }
  for (const [name, pem] of Object.entries({ cert, ca })) {
    const problem = pem === undefined ? undefined : pemProblem(pem);
    if (problem !== undefined) return `tls.${name} (--tls-${name}) ${problem}`;
  }
  if (cert === undefined || key === undefined) return undefined;
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    return `tls.cert and tls.key cannot be used together: ${(error as Error).message}`;
  }
}

function pemProblem(pem: string): string | undefined {
  const blocks = String(pem).match(BLOCK) ?? [];
  if (blocks.length === 0) {
    return 'holds no certificate; expected PEM, which begins with -----BEGIN CERTIFICATE-----';
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
