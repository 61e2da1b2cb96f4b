// `lockstep certs`: an authority of one run and its certificates, by which coordinator and workers know each other and nobody else.
import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { events } from '../cli/lockstep.js';
import { clusters, outcomeOf } from './cluster.js';

const { cluster, expected, path, says } = clusters(3);

const pair = (folder: string, host: string): string[] => [
  ...['--tls-ca', path(folder, 'ca.pem')],
  ...['--tls-cert', path(folder, `${host}.pem`), '--tls-key', path(folder, `${host}.key`)],
];

const make = (folder: string, ...flags: string[]) => says(['certs', path(folder), ...flags]);

describe('certificates', () => {
  it('of an authority and hosts are made, keys for their user alone, and shown with their end', async () => {
    const { status, stdout, stderr } = await make(
      'a',
      '--host',
      'n1/n1.example.org/10.0.0.1,fd00::2',
    );
    expect({ status }, stderr).toEqual({ status: 0 });
    const names = ['ca.key', 'ca.pem', 'fd00__2.key', 'fd00__2.pem', 'n1.key', 'n1.pem'];
    expect(readdirSync(path('a')).sort()).toEqual(names);
    if (process.platform !== 'win32') {
      for (const name of names.filter((name) => name.endsWith('.key'))) {
        expect(statSync(path('a', name)).mode & 0o777).toBe(0o600);
      }
    }
    const ca = new X509Certificate(readFileSync(path('a', 'ca.pem')));
    const n1 = new X509Certificate(readFileSync(path('a', 'n1.pem')));
    expect(ca.ca).toBe(true);
    expect(n1.ca).toBe(false);
    expect(n1.verify(ca.publicKey)).toBe(true);
    expect(n1.checkIssued(ca)).toBe(true);
    expect(n1.checkHost('n1.example.org')).toBe('n1.example.org');
    expect(n1.checkIP('10.0.0.1')).toBe('10.0.0.1');
    expect(n1.checkIP('10.0.0.2')).toBeUndefined();
    expect(stdout).toContain(`until ${new Date(n1.validTo).toISOString().slice(0, 10)}`);
    const days = (Date.parse(n1.validTo) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(88);
    expect(days).toBeLessThan(91);
    expect(stderr).toMatch(/coordinator --host 0\.0\.0\.0 .*--tls-cert \S+n1\.pem/);
    expect(stderr).toMatch(/worker wss:\/\/n1:7070 .*--tls-cert \S+fd00__2\.pem/);
  });

  it('of more hosts come of the same authority; --json has all of it', async () => {
    const before = readFileSync(path('a', 'ca.pem'), 'utf8');
    const { stdout } = await make('a', '--host', 'n3', '--days', '5000', '--json').then(() =>
      make('a', '--host', 'n3', '--json'),
    );
    expect(readFileSync(path('a', 'ca.pem'), 'utf8')).toBe(before);
    const [told] = events(stdout);
    expect(told).toMatchObject({ event: 'certificates', certificates: [{ host: 'n3' }] });
  });

  it('never last longer than their authority', async () => {
    await make('b', '--days', '2');
    await make('b', '--host', 'n1', '--days', '90');
    const [ca, n1] = ['ca', 'n1'].map(
      (name) => new X509Certificate(readFileSync(path('b', `${name}.pem`))),
    );
    expect(Date.parse(n1!.validTo)).toBeLessThanOrEqual(Date.parse(ca!.validTo));
  });

  it('without the key of their authority cannot be made', async () => {
    rmSync(path('b', 'ca.key'));
    const { status, stderr } = await make('b', '--host', 'n2');
    expect(status).toBe(2);
    expect(stderr).toMatch(/an authority without its key \(ca\.key\)/);
  });

  it("replace no key that is somebody else's, and those of the same authority", async () => {
    const read = (folder: string, file: string): string => readFileSync(path(folder, file), 'utf8');
    await make('own', '--host', 'n1');
    const [ca, key] = [read('own', 'ca.key'), read('own', 'n1.key')];
    const again = await make('own', '--host', 'n1,n2');
    expect(again.status, again.stderr).toBe(0);
    expect(read('own', 'ca.key')).toBe(ca);
    expect(read('own', 'n1.key')).not.toBe(key);

    await make('other', '--host', 'n1,n2');
    for (const file of ['n1.pem', 'n2.key']) copyFileSync(path('other', file), path('own', file));
    rmSync(path('own', 'n2.pem'));
    for (const [host, file] of [
      ['n3,n1', 'n1.pem'],
      ['n2', 'n2.key'],
    ] as const) {
      const before = read('own', file);
      const { status, stderr } = await make('own', '--host', host);
      expect(status).toBe(2);
      expect(stderr).toMatch(
        new RegExp(`${file.replace('.', '\\.')} is there, and not of the auth`),
      );
      expect(read('own', file)).toBe(before);
    }
    expect(existsSync(path('own', 'n3.pem'))).toBe(false);

    rmSync(path('own', 'ca.pem'));
    const { status, stderr } = await make('own');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /ca\.key is there, and its certificate, \S+ca\.pem, is not: put that back/,
    );
    expect(read('own', 'ca.key')).toBe(ca);
    // Nor does a launch that would make an authority there.
    const env = { RANK: '0', WORLD_SIZE: '2', MASTER_ADDR: 'node1' };
    const launched = await says(['launch', '--out', 'x', '--tls-dir', path('own')], env);
    expect(launched.status).toBe(2);
    expect(launched.stderr).toMatch(/ca\.key is there, and its certificate/);
    expect(read('own', 'ca.key')).toBe(ca);
  });

  it("by an authority that cannot sign here cannot be made: a machine's, or with a key that is none", async () => {
    await make('wrong', '--host', 'n1');
    copyFileSync(path('wrong', 'ca.pem'), path('wrong', 'ca-before.pem'));
    copyFileSync(path('wrong', 'n1.pem'), path('wrong', 'ca.pem'));
    expect((await make('wrong', '--host', 'n2')).stderr).toMatch(/ca\.pem is a machine's/);
    copyFileSync(path('wrong', 'ca-before.pem'), path('wrong', 'ca.pem'));
    copyFileSync(path('wrong', 'n1.key'), path('wrong', 'ca.key'));
    expect((await make('wrong', '--host', 'n2')).stderr).toMatch(/not the key of ca\.pem/);
    writeFileSync(path('wrong', 'ca.key'), 'nothing');
    const { status, stderr } = await make('wrong', '--host', 'n2');
    expect(status).toBe(2);
    expect(stderr).toMatch(/ca\.key cannot be used; expected PEM/);
  });

  it('in a folder that cannot be are refused', async () => {
    writeFileSync(path('file'), '');
    for (const folder of ['file', join('file', 'tls')]) {
      const { status, stderr } = await make(folder);
      expect(status).toBe(2);
      expect(stderr).toMatch(/it has no ca\.pem to take, and \S+ is not a folder/);
    }
  });

  it('of names alone are told to be so, and an address of IPv6 is listened on', async () => {
    const { stderr } = await make('named', '--host', 'FD00::1,n1/10.0.0.1,n2,n3.example.org');
    expect(stderr).toMatch(/coordinator --host :: /);
    expect(stderr).toMatch(/worker 'wss:\/\/\[fd00::1\]:7070'|worker wss:\/\/\[fd00::1\]:7070/);
    expect(stderr).toMatch(/note: without an address .* knows the name \(n2, n3\.example\.org\)/);
    expect((await make('named', '--host', 'n4/10.0.0.4')).stderr).not.toContain('note:');
  });

  it.each([
    ['a,,b', /"" is no name or address/],
    ['a,a', /"a" is given twice/],
    ['a b', /"a b" is no name/],
    ['ca', /"ca" is what the authority's own files are called/],
    ['../x', /is no name/],
    ['n1:7070', /"n1:7070" has a port, and a certificate is for a host\. Expected n1\./],
    ['n1,10.0.0.1:7070', /"10\.0\.0\.1:7070" has a port.*Expected 10\.0\.0\.1\./],
    ['[fd00::1]:7070', /has a port.*Expected fd00::1\./],
    ['wss://n1', /is no name/],
    ['10.0.0', /is no name or address/],
  ])('of "%s" are refused', async (hosts, message) => {
    const { status, stderr } = await make('c', '--host', hosts);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

it('a mesh runs by them, and those of another authority are refused', async () => {
  await make('mine', '--host', '127.0.0.1');
  await make('theirs', '--host', '127.0.0.1');
  const it = cluster('--topology', 'mesh', '--min-workers', '2', ...pair('mine', '127.0.0.1'));
  await it.startCoordinator();
  expect(it.url).toMatch(/^wss:/);
  // It does not trust the coordinator; and with the right authority the coordinator does not trust it.
  const blind = await it.run(['worker', it.url, ...pair('theirs', '127.0.0.1')]).finished;
  expect(blind.status).toBe(1);
  expect(blind.stderr).toMatch(/certificate/);
  const stranger = [
    ...['worker', it.url, '--tls-ca', path('mine', 'ca.pem')],
    ...pair('theirs', '127.0.0.1').slice(2),
  ];
  const refused = it.run(stranger);
  await refused.holds('may not accept this certificate');
  refused.child.kill('SIGKILL');
  for (const name of ['w0', 'w1']) it.startWorker(name, 1, ...pair('mine', '127.0.0.1'));
  expect(outcomeOf(await it.finish())).toEqual(expected());
  expect(it.log().filter(({ event }) => event === 'worker-joined')).toHaveLength(2);
});

/** By which this machine reaches itself; undefined where it knows its own name not. */
const ownName = await lookup(hostname()).then(
  () => hostname().toLowerCase(),
  () => undefined,
);

describe.skipIf(ownName === undefined)("by certificates of names alone (of this machine's)", () => {
  it('workers reach each other by these names: the run is a mesh', async () => {
    await make('by-name', '--host', ownName!);
    const its = pair('by-name', ownName!);
    const it = cluster('--topology', 'mesh', '--min-workers', '2', '--host', ownName!, ...its);
    await it.startCoordinator();
    for (const name of ['w0', 'w1']) it.startWorker(name, 1, ...its);
    const log = await it.finish();
    expect(log.find(({ event }) => event === 'generation')).toMatchObject({ topology: 'mesh' });
    expect(outcomeOf(log)).toEqual(expected());
  });
});
