// What each part of the way comes to in words, for what cannot be had on loopback.
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LinkError } from '../../errors.js';
import { failed } from '../../finding.js';
import { testCertificates } from '../../testing/certificates.js';
import type { Finding } from '../../transport.js';
import { describeShown, type Shown } from './certificate.js';
import { describeClocks } from './clock.js';
import { findAddresses } from './name.js';
import { describeOwn } from './own-certificate.js';
import { describeReached, type Reached } from './reach.js';

const coded = (code: string): Error => Object.assign(new Error(`lookup ${code}`), { code });

describe('a name', () => {
  it('has all its addresses, each once', async () => {
    const resolve = async () =>
      ['192.0.2.1', '2001:db8::1', '192.0.2.1'].map((address) => ({ address }));
    expect(await findAddresses('train.example', 1000, resolve)).toEqual({
      finding: {
        ...{ id: 'name', title: 'Name', status: 'ok' },
        found: 'train.example is 192.0.2.1, 2001:db8::1',
      },
      addresses: ['192.0.2.1', '2001:db8::1'],
    });
  });

  it.each<[string, () => Promise<never>, RegExp, RegExp]>([
    ['that is not known', async () => Promise.reject(coded('ENOTFOUND')), /ENOTFOUND/, /spelt/],
    ['whose server is away', async () => Promise.reject(coded('EAI_AGAIN')), /EAI_AGAIN/, /resolv/],
    ['whose server is silent', () => new Promise(() => {}), /after 20 ms/, /resolv/],
    [
      'that fails otherwise',
      async () => Promise.reject(coded('EMFILE')),
      /lookup EMFILE/,
      /resolv/,
    ],
  ])('%s is a problem', async (_, resolve, words, advice) => {
    const { finding, addresses } = await findAddresses('train.example', 20, resolve);
    expect(addresses).toEqual([]);
    expect(finding.status).toBe('problem');
    expect(finding.found).toMatch(words);
    expect(finding.advice).toMatch(advice);
  });
});

describe('connections', () => {
  const answers = (address: string, ms = 0.4): Reached => ({ address, ms });
  const fails = (address: string, code: string): Reached => ({ address, code });

  it.each<[string, readonly Reached[], string, string, RegExp | undefined]>([
    [
      'one that answers',
      [answers('192.0.2.1')],
      'ok',
      '192.0.2.1:7070 answers in 0.4 ms',
      undefined,
    ],
    [
      'one that answers, one that refuses',
      [fails('::1', 'ECONNREFUSED'), answers('127.0.0.1', 12.4)],
      'ok',
      '[::1]:7070 refuses (ECONNREFUSED); 127.0.0.1:7070 answers in 12 ms',
      undefined,
    ],
    [
      'one that answers, one that is silent',
      [fails('2001:db8::1', 'timeout'), answers('192.0.2.1', 1234)],
      'note',
      '[2001:db8::1]:7070 does not answer; 192.0.2.1:7070 answers in 1.2 s',
      /silent address first/,
    ],
    [
      'one that refuses',
      [fails('192.0.2.1', 'ECONNREFUSED')],
      'problem',
      '192.0.2.1:7070 refuses (ECONNREFUSED)',
      /nobody listens there/,
    ],
    [
      'one that is silent',
      [fails('192.0.2.1', 'ETIMEDOUT')],
      'problem',
      '192.0.2.1:7070 does not answer',
      /firewall/,
    ],
    [
      'one without a way to it',
      [fails('192.0.2.1', 'ENETUNREACH')],
      'problem',
      '192.0.2.1:7070 cannot be reached (ENETUNREACH)',
      /routes/,
    ],
    [
      'one that this machine forbids',
      [fails('192.0.2.1', 'EPERM')],
      'problem',
      '192.0.2.1:7070 cannot be reached (EPERM)',
      /permission model/,
    ],
    [
      'one that fails otherwise',
      [fails('192.0.2.1', 'EADDRNOTAVAIL')],
      'problem',
      '192.0.2.1:7070 cannot be reached (EADDRNOTAVAIL)',
      /address/,
    ],
  ])('%s', (_, reached, status, found, advice) => {
    const finding = describeReached(reached, 7070);
    expect({ ...finding }).toMatchObject({ status, found });
    if (advice) expect(finding.advice).toMatch(advice);
    else expect(finding.advice).toBeUndefined();
  });
});

describe('a certificate', () => {
  const now = new Date('2026-06-01T12:00:00Z');
  const url = new URL('wss://train.example:7070/lockstep');
  const shown = (change: Partial<Shown> = {}, validTo = 'Dec 1 12:00:00 2026 GMT'): Shown => ({
    certificate: {
      subjectaltname: 'DNS:train.example, IP Address:192.0.2.1',
      issuer: { O: 'Example', CN: 'authority' } as Shown['certificate']['issuer'],
      valid_to: validTo,
    },
    ...{ wrong: [], version: 'TLSv1.3' },
    ...change,
  });

  it('that is good is told with its names, its authority and its days', () => {
    expect(describeShown(shown(), { url, tls: {} }, now)).toMatchObject({
      status: 'ok',
      found: 'for train.example, 192.0.2.1, of Example, authority, 183 days left, TLSv1.3',
    });
  });

  it('that ends soon is a note', () => {
    const finding = describeShown(shown({}, 'Jun 14 12:00:00 2026 GMT'), { url, tls: {} }, now);
    expect(finding).toMatchObject({ status: 'note', found: expect.stringMatching(/13 days left/) });
    expect(finding.advice).toMatch(/renewed soon/);
  });

  it('that a client does not accept for a reason without words of ours is told by its code', () => {
    const wrong = shown({ wrong: ['SOMETHING_NEW'] });
    expect(describeShown(wrong, { url, tls: {} }, now)).toMatchObject({
      status: 'problem',
      found: expect.stringMatching(/not accepted \(SOMETHING_NEW\); for train\.example/),
    });
  });

  it('is shown without what would steer a terminal', () => {
    const odd = shown();
    const certificate = { ...odd.certificate, subjectaltname: 'DNS:\u001b[2J' };
    const { found } = describeShown({ ...odd, certificate }, { url, tls: {} }, now);
    expect(found).toMatch(/^for {2}\[2J, of/);
  });
});

describe("this side's certificate", () => {
  const { client, member, server, expired } = testCertificates();
  const now = new Date('2027-01-01T00:00:00Z');
  const late = new Date(new X509Certificate(member.cert).validTo).getTime();

  it.each<[string, string, Date, Finding['status'], RegExp, RegExp?]>([
    ['for both uses', member.cert, now, 'ok', /^of CN=Lockstep test ca, \d+ days left$/],
    ['for any use', expired.cert, new Date(0), 'note', /not valid before/, /clock/],
    ['for clients alone', client.cert, now, 'note', /left, not for servers$/, /the run is a star/],
    ['for servers alone', server.cert, now, 'note', /not for clients$/, /clientAuth/],
    ['that has expired', expired.cert, now, 'note', /expired \d+ days ago$/, /renewed/],
    ['that ends soon', member.cert, new Date(late - 86_400_000), 'note', /1 days left/, /soon/],
  ])('%s', (_, pem, at, status, found, advice) => {
    const finding = describeOwn(pem, at);
    expect(finding.status).toBe(status);
    expect(finding.found).toMatch(found);
    if (advice) expect(finding.advice).toMatch(advice);
    else expect(finding.advice).toBeUndefined();
  });
});

describe('the clock there', () => {
  const date = 'Mon, 01 Jun 2026 12:00:00 GMT';
  const at = Date.parse(date);

  it.each<[string, string | undefined, number, number, string, RegExp]>([
    ['is the same', date, at + 100, at + 300, 'ok', /^the same .* to a second$/],
    ['cannot be told from the same by a slow answer', date, at - 3000, at + 2500, 'ok', /the same/],
    ['is a little late', date, at + 3500, at + 3500, 'ok', /3\.0 s earlier/],
    ['is far behind', date, at + 90_500, at + 90_500, 'note', /90\.0 s earlier/],
    ['is far ahead', date, at - 59_500, at - 59_500, 'note', /60\.0 s later/],
    ['is not told', undefined, at, at, 'note', /not checked: its answer says no time/],
    ['is no time', 'soon', at, at, 'note', /not checked/],
  ])('%s', (_, told, asked, heard, status, words) => {
    const finding = describeClocks({ date: told, asked, heard });
    expect(finding.status).toBe(status);
    expect(finding.found).toMatch(words);
  });
});

it('what is no failure of a link is thrown on', () => {
  const part = { id: 'x', title: 'X' };
  expect(() => failed(part, new TypeError('a defect'))).toThrow('a defect');
  expect(failed(part, new LinkError('refused', 'dial ws://a:1/b: no; do this'))).toEqual({
    ...{ ...part, status: 'problem', found: 'no', advice: 'do this' },
  });
});
