// Alerts and results that no server of a test gives at will: by the texts that OpenSSL has for them.
import { expect, it } from 'vitest';
import { tlsFailure } from './tls-failure.js';

const url = new URL('wss://train.example:7070/lockstep');
const alert = (number: number, name = 'tlsv1 alert some error') =>
  Object.assign(
    new Error(`write EPROTO 80:error:0A:SSL routines:f:${name}:r.c:1:SSL alert number ${number}`),
    {
      code: 'EPROTO',
    },
  );

it.each<[number, string, RegExp]>([
  [70, 'refused', /TLS 1\.3/],
  [40, 'refused', /TLS 1\.3/],
  [45, 'refused', /this side's certificate \(--tls-cert\): it has expired/],
  [48, 'refused', /of an authority that it does not know/],
  [116, 'refused', /--tls-cert FILE/],
  [112, 'refused', /no certificate for the name train\.example/],
  [80, 'unreachable', /the alert "some error"/],
  [50, 'protocol', /the alert "some error"/],
])('alert %i is %s, in words', (number, code, words) => {
  const failure = tlsFailure(alert(number), url, { cert: 'mine' })!;
  expect(failure.code).toBe(code);
  expect(failure.message).toMatch(words);
  expect(failure.message).not.toMatch(/routines|EPROTO/);
});

it('a certificate that was refused, where none was given, is one to give', () => {
  expect(tlsFailure(alert(42), url, {})!.message).toMatch(/wants a certificate .*--tls-cert FILE/);
});

it('what OpenSSL finds else about a certificate is kept, with its code', () => {
  const error = Object.assign(new Error('certificate revoked'), { code: 'CERT_REVOKED' });
  expect(tlsFailure(error, url, {})).toEqual({
    code: 'refused',
    reason: 'certificate',
    message: "the server's certificate is not accepted: certificate revoked (CERT_REVOKED)",
  });
});

it('an error that is not about TLS is none of its own', () => {
  expect(tlsFailure(Object.assign(new Error('x'), { code: 'EHOSTUNREACH' }), url, {})).toBe(
    undefined,
  );
});
