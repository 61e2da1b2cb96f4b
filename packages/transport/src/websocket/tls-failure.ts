// Why TLS did not come about, in words that say what is needed. Pure: OpenSSL's errors in, ours out.
// Invariant: what is said is what this side can know; OpenSSL's own text goes into the cause only.
import type { LinkErrorCode } from '../errors.js';

/** What this side went by: PEM texts, where it was given any. */
export interface OwnTls {
  readonly ca?: string;
  readonly cert?: string;
}

export interface TlsFailure {
  readonly code: LinkErrorCode;
  /** `certificate`: one side's is not accepted by the other. */
  readonly reason: 'tls' | 'certificate';
  readonly message: string;
}

/** What OpenSSL, or Node beside it, says of a server's certificate that is not accepted. */
export interface Rejection {
  readonly message: string;
  readonly code?: string;
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string };
}

type TlsError = Error & Rejection;

/** What the alerts of RFC 8446 §6.2 about a client's certificate say. */
const CLIENT_CERTIFICATE: Readonly<Record<number, string>> = {
  42: 'is damaged or not signed as it should be',
  43: 'is of a kind that it does not take',
  44: 'was revoked',
  45: 'has expired',
  46: 'is not acceptable to it',
  48: 'is of an authority that it does not know',
};
const HANDSHAKE_FAILURE = 40;
const PROTOCOL_VERSION = 70;
const INTERNAL_ERROR = 80;
const UNRECOGNIZED_NAME = 112;
const CERTIFICATE_REQUIRED = 116;

const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** Other results of OpenSSL's verification, as Node names them. */
const VERIFICATION =
  /^(CERT_|CRL_|ERROR_IN_C|UNABLE_TO_|INVALID_(CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH|ERR_TLS_CERT)/;

/**
 * @param error of a TLS socket
 * @param url that was dialled
 * @returns undefined if it is not about TLS
 */
export function tlsFailure(error: TlsError, url: URL, tls: OwnTls): TlsFailure | undefined {
  const { code = '', message } = error;
  const verification = verificationFailure(error, url, tls);
  if (verification !== undefined) {
    return { code: 'refused', reason: 'certificate', message: verification };
  }
  const alert = /SSL alert number (\d+)/.exec(message)?.[1];
  if (alert !== undefined) return alertFailure(Number(alert), message, url, tls);
  if (/unsupported protocol|no protocols available|version too low/.test(message)) {
    return { code: 'refused', reason: 'tls', message: NEEDS_TLS13 };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    const words = `what answers there does not speak TLS; for a coordinator without a certificate the address is ws://${url.host}${url.pathname.replace(/\/lockstep$/, '')}`;
    return { code: 'protocol', reason: 'tls', message: words };
  }
  return undefined;
}

const NEEDS_TLS13 =
  'the server does not speak TLS 1.3, which is needed; it, or the proxy before it, must allow that version';

/** @returns words about the server's certificate; undefined if it is not about that */
export function verificationFailure(
  error: Rejection,
  url: URL,
  { ca }: OwnTls,
): string | undefined {
  const { code = '' } = error;
  const whose = "the server's certificate";
  if (UNKNOWN_AUTHORITY.has(code)) {
    return ca === undefined
      ? `${whose} is of an authority that this machine does not know, or signed by itself; give the authority's certificate, or that one itself, with --tls-ca FILE`
      : `${whose} is not of the authority in --tls-ca; give the certificate of the authority that signed it, or that one itself if it signed itself`;
  }
  const now = new Date().toISOString().slice(0, 16);
  if (code === 'CERT_HAS_EXPIRED') {
    return `${whose} has expired; it must be renewed (this machine's clock says ${now})`;
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return `${whose} is not valid yet; is this machine's clock right (it says ${now})?`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = error.cert?.subjectaltname;
    return `${whose} is not for ${error.host ?? url.hostname} but for ${names ?? 'no name at all'}; dial a name that it has, or give it this one (subjectAltName)`;
  }
  if (code === 'INVALID_PURPOSE') {
    return `${whose} is not one for servers; its extendedKeyUsage must have serverAuth`;
  }
  return VERIFICATION.test(code)
    ? `${whose} is not accepted: ${error.message} (${code})`
    : undefined;
}

function alertFailure(alert: number, message: string, url: URL, { cert }: OwnTls): TlsFailure {
  const certificate = (words: string): TlsFailure => ({
    code: 'refused',
    reason: 'certificate',
    message: words,
  });
  const refused = (words: string): TlsFailure => ({
    code: 'refused',
    reason: 'tls',
    message: words,
  });
  if (alert === PROTOCOL_VERSION) return refused(NEEDS_TLS13);
  if (alert === HANDSHAKE_FAILURE) {
    return refused('the server agrees to no cipher of TLS 1.3, which is needed');
  }
  if (alert === UNRECOGNIZED_NAME) {
    return refused(`the server has no certificate for the name ${url.hostname}`);
  }
  if (alert === CERTIFICATE_REQUIRED) {
    return certificate(
      'the server wants to see a certificate; give one of the authority that it trusts, with --tls-cert FILE and --tls-key FILE',
    );
  }
  const why = CLIENT_CERTIFICATE[alert];
  if (why !== undefined) {
    return cert === undefined
      ? certificate(`the server wants a certificate of this side (--tls-cert FILE, --tls-key FILE)`)
      : certificate(`the server does not accept this side's certificate (--tls-cert): it ${why}`);
  }
  const name = /alert ([a-z ]+?):/.exec(message)?.[1] ?? `number ${alert}`;
  // Of a proxy, that the certificate is not there yet.
  return {
    code: alert === INTERNAL_ERROR ? 'unreachable' : 'protocol',
    reason: 'tls',
    message: `the server ended the TLS handshake with the alert "${name}"`,
  };
}

/** The listener's side of it. @returns words for whoever looks after the listener */
export function tlsClientFailure({ message }: Error): string {
  if (/unsupported protocol|version too low/.test(message)) {
    return 'TLS: the client does not speak TLS 1.3, which is needed';
  }
  if (/http request/.test(message)) return 'TLS: the client spoke without TLS; it must dial wss://';
  if (/did not return a certificate/.test(message)) return 'TLS: the client showed no certificate';
  return `TLS: ${message}`;
}
