import { describe, expect, it } from 'vitest';
import { listen } from '../listen.js';
import { testCertificates } from '../testing/certificates.js';
import { certificateNames, hostsOfCertificate } from './certificate-hosts.js';
import { webSockets } from './web-sockets.js';

const { server, otherName } = testCertificates();

it('the names of a certificate are those that are no addresses', () => {
  expect(certificateNames(server.cert)).toEqual(['localhost']);
  expect(certificateNames(otherName.cert)).toEqual(['other.example']);
});

describe('of the hosts at which a listener is reached', () => {
  it.each([
    ['those that its certificate is for are told', ['10.0.0.1', '127.0.0.1', '[::1]'], 2],
    ['all are told where it is for none of them, and has no name but localhost', ['10.0.0.1'], 1],
  ])('%s', (_, hosts, count) => {
    expect(hostsOfCertificate(server.cert, hosts)).toEqual(hosts.slice(-count));
  });

  it('its names are told where it has no addresses', () => {
    expect(hostsOfCertificate(otherName.cert, ['10.0.0.1', '[fd00::1]'])).toEqual([
      'other.example',
    ]);
    expect(hostsOfCertificate(otherName.cert, ['10.0.0.1', 'other.example'])).toEqual([
      'other.example',
    ]);
  });
});

it('a listener is known under the names of its certificate', async () => {
  const transport = webSockets({ host: '127.0.0.1', port: 0, tls: otherName });
  const listener = await listen(transport, {
    arithmetic: 'a',
    identify: () => ({ code: 'stale', message: 'nobody is expected' }),
    onLink: () => {},
  });
  expect(listener!.urls).toEqual([expect.stringMatching(/^wss:\/\/other\.example:\d+$/)]);
  await listener!.close();
});
