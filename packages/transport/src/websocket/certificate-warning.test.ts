import { expect, it } from 'vitest';
import { testCertificates } from '../testing/certificates.js';
import { certificateWarning } from './certificate-warning.js';

const { server, expired } = testCertificates();
const now = new Date();

it.each(['wss://127.0.0.1:7070', 'wss://[::1]:7070', 'wss://localhost'])(
  'a certificate may be one for %s',
  (url) => expect(certificateWarning(server.cert, url, now)).toBeUndefined(),
);

it('is warned of if it is for other names, or its time is over or has not come', () => {
  expect(certificateWarning(server.cert, 'wss://192.0.2.2:7070', now)).toMatch(
    /is for DNS:localhost, .* and not for 192\.0\.2\.2: .*--reachable-as$/,
  );
  expect(certificateWarning(expired.cert, 'wss://localhost', now)).toMatch(/has expired/);
  const early = new Date('2020-01-01');
  expect(certificateWarning(server.cert, 'wss://localhost', early)).toMatch(/not valid/);
});
