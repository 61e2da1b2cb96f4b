import { expect, it } from 'vitest';
import { testCertificates } from './testing/certificates.js';
import { tlsProblem } from './tls-problem.js';

const { ca, server, client } = testCertificates();

it('certificates, keys and bundles that are such can be used', () => {
  expect(tlsProblem({})).toBeUndefined();
  expect(tlsProblem({ ca: `an authority\n${ca}\n${server.cert}` })).toBeUndefined();
  expect(tlsProblem({ ...server, ca })).toBeUndefined();
});

it.each<[string, Parameters<typeof tlsProblem>[0], RegExp]>([
  ['no PEM for authorities', { ca: 'DER, or HTML' }, /^tls\.ca \(--tls-ca\) holds no certificate;/],
  ['a key for authorities', { ca: server.key }, /^tls\.ca .* holds no certificate;/],
  ['nothing', { ca: '' }, /holds no certificate;/],
  ['a damaged one', { ca: ca + server.cert.replace('MII', 'AAA') }, /damaged \(number 2 of 2\)/],
  ['a key alone', { key: server.key }, /go together/],
  ['a certificate alone', { cert: server.cert }, /go together/],
  ["another's key", { cert: server.cert, key: client.key }, /cannot be used together: /],
])('%s cannot, and it says which', (_, tls, words) => expect(tlsProblem(tls)).toMatch(words));
