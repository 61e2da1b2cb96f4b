import { createPrivateKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { testCertificates } from '../testing/certificates.js';
import { tlsProblem } from './tls-problem.js';

const { ca, server, client } = testCertificates();

function encrypted(type: 'pkcs8' | 'sec1'): string {
  const secret = { cipher: 'aes-128-cbc', passphrase: 'a secret' };
  return String(createPrivateKey(server.key).export({ type, format: 'pem', ...secret }));
}

it('certificates, keys and bundles that are such can be used', () => {
  expect(tlsProblem({})).toBeUndefined();
  expect(tlsProblem({ ca: `an authority\n${ca}\n${server.cert}` })).toBeUndefined();
  expect(tlsProblem({ ...server, ca })).toBeUndefined();
});

it.each<[string, Parameters<typeof tlsProblem>[0], RegExp]>([
  ['no PEM for authorities', { ca: 'DER, or HTML' }, /^tls\.ca \(--tls-ca\) holds no certificate;/],
  ['a key for authorities', { ca: server.key }, /^tls\.ca .* a private key and no certificate;/],
  ['nothing', { ca: '' }, /holds no certificate;/],
  ['a damaged one', { ca: ca + server.cert.replace('MII', 'AAA') }, /damaged \(number 2 of 2\)/],
  [
    'a key for a certificate',
    { ...server, cert: server.key },
    /^tls\.cert .* a private key and no/,
  ],
  ['a certificate for a key', { ...server, key: server.cert }, /^tls\.key .* no private key;/],
  ['DER for a key', { ...server, key: 'DER' }, /^tls\.key \(--tls-key\) holds no private key;/],
  ['a damaged key', { ...server, key: server.key.replace('MI', 'AA') }, /^tls\.key .* is damaged/],
  ['a key with a passphrase', { ...server, key: encrypted('pkcs8') }, /^tls\.key .* is encrypted/],
  ['one of the older form', { ...server, key: encrypted('sec1') }, /^tls\.key .* is encrypted/],
  ['a key alone', { key: server.key }, /go together/],
  ['a certificate alone', { cert: server.cert }, /go together/],
  [
    "another's key",
    { cert: server.cert, key: client.key },
    /^tls\.key .* is not the key of the certificate in tls\.cert/,
  ],
])('%s cannot, and it says which, and not in words of OpenSSL', (_, tls, words) => {
  expect(tlsProblem(tls)).toMatch(words);
  expect(tlsProblem(tls)).not.toMatch(/routines|error:/);
});

it('they are called as whoever gave them calls them', () => {
  const pair = { cert: server.cert, key: client.key };
  expect(tlsProblem(pair, (name) => `--tls-${name} my.pem`)).toMatch(
    /^--tls-key my\.pem is not the key of the certificate in --tls-cert my\.pem;/,
  );
});
