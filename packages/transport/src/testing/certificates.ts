// The certificates that tests use (fixtures/make-certificates.sh made them); their private keys are public.
import { readFileSync } from 'node:fs';

const read = (name: string): string =>
  readFileSync(new URL(`../../fixtures/${name}.pem`, import.meta.url), 'utf8');

export interface TestCertificates {
  readonly ca: string;
  /** For localhost, 127.0.0.1 and ::1. */
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
  /** Server and client at once, as the workers of a mesh are. */
  readonly member: { readonly cert: string; readonly key: string };
  /** A client of another authority. */
  readonly stranger: { readonly cert: string; readonly key: string };
  /** Signed by itself, for `other.example`. */
  readonly otherName: { readonly cert: string; readonly key: string };
  /** Signed by itself, for localhost and 127.0.0.1. */
  readonly expired: { readonly cert: string; readonly key: string };
}

export function testCertificates(): TestCertificates {
  const pair = (name: string) => ({ cert: read(name), key: read(`${name}.key`) });
  return {
    ca: read('ca'),
    server: pair('server'),
    client: pair('client'),
    member: pair('member'),
    stranger: pair('stranger'),
    otherName: pair('other-name'),
    expired: pair('expired'),
  };
}
