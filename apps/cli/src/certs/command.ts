// `lockstep certs DIR --host a,b`: an authority for one run, and a certificate for each host of it, without OpenSSL.
import { isIP } from 'node:net';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { UsageError } from '../errors.js';
import { isHost } from '../host-name.js';
import { wholeNumber } from '../option-values.js';
import { jsonOption } from '../options.js';
import type { Perform, Session } from '../session.js';
import { expiryOf, issueCertificate, type KeyPair, makeAuthority } from './authority.js';
import {
  authorityFile,
  certFile,
  checkNewAuthority,
  keepAuthority,
  keepPair,
  keyFile,
  makeOwnFolder,
  readAuthority,
  refuseOthers,
} from './folder.js';

interface CertsFlags {
  readonly host?: readonly string[];
  readonly days: number;
  readonly json: boolean;
}

/** What a certificate is good for, and until when. */
interface Told {
  readonly host: string | null;
  /** All of the host's; none of the authority's. */
  readonly names: readonly string[];
  readonly cert: string;
  readonly key: string;
  readonly until: string;
}

const MOST_DAYS = 3650;

const EXAMPLES = `
Examples:
  $ lockstep certs tls --host node1,node2,192.0.2.7
  $ lockstep certs tls
  $ lockstep launch --out runs/a --tls-dir tls

It makes an authority in the folder, or takes the one that is there, and a certificate and a key for each host, and prints the
commands that use them. Names of one machine go together: node1/node1.example.org/192.0.2.1. With ca.key more certificates can be
made, by anybody who has it: give it to nobody who is not to take part, or remove it when all are made.`;

/** Adds the command to a program; `perform` runs what it does. */
export function addCertsCommand(program: Command, perform: Perform): void {
  const command = program
    .command('certs')
    .description("make a run's own certificate authority, and certificates for its machines")
    .argument('<dir>', 'the folder to make them in')
    .addHelpText('after', EXAMPLES)
    .option(
      '--host <hosts>',
      'machines, with commas; several names of one with / between them (default: none, the authority alone)',
      hostList,
    )
    .option('--days <n>', 'how long they are valid', wholeNumber(1, MOST_DAYS), 90)
    .addOption(jsonOption());
  command.action((folder: string) => {
    const flags = command.opts<CertsFlags>();
    return perform((session) => makeCertificates(folder, flags, session));
  });
}

async function makeCertificates(
  folder: string,
  { host: hosts = [], days, json }: CertsFlags,
  session: Session,
): Promise<void> {
  if (folder === '') throw new UsageError('certs: the folder must have a name');
  const { screen } = session;
  const validity = { now: session.now(), days };
  const found = await readAuthority(folder, validity.now);
  if (found && found.key === undefined) {
    throw new UsageError(
      `certs: ${folder} has an authority without its key (ca.key), which is needed for more certificates; take another folder`,
    );
  }
  if (!found) await checkNewAuthority(folder);
  const authority = (found as KeyPair | undefined) ?? (await makeAuthority(validity));
  for (const host of hosts) await refuseOthers(folder, host.split('/')[0]!, authority.cert);
  await makeOwnFolder(folder);
  if (!found) await keepAuthority(folder, authority);
  const all: Told[] = [told(folder, [], authority.cert)];
  for (const names of hosts.map((host) => host.split('/'))) {
    const pair = await issueCertificate(authority, names, validity);
    await keepPair(folder, names[0]!, pair);
    all.push(told(folder, names, pair.cert));
  }
  if (json) {
    const [ca, ...certificates] = all;
    const time = session.now().toISOString();
    const event = { event: 'certificates', time, folder, authority: ca, certificates };
    screen.out(JSON.stringify(event));
    return;
  }
  for (const { host, cert, key, until } of all) {
    const what = host ?? (found ? 'authority' : 'authority (new)');
    screen.result(what, `${cert}, ${key} (0600), until ${until.slice(0, 10)}`);
  }
  tellCommands(folder, all, session);
}

function told(folder: string, names: readonly string[], cert: string): Told {
  const until = expiryOf(cert).toISOString();
  const [host = null] = names;
  const name = host ?? 'ca';
  return { host, names, ...filesOf(folder, name), until };
}

function filesOf(folder: string, name: string): Pick<Told, 'cert' | 'key'> {
  return { cert: certFile(folder, name), key: keyFile(folder, name) };
}

function tellCommands(folder: string, all: readonly Told[], session: Session): void {
  const { screen, commandLine } = session;
  const [first, second] = all.filter(({ host }) => host !== null);
  if (!first) {
    screen.err('each rank makes its own certificate with:');
    screen.err(`  ${commandLine('launch', '--tls-dir', folder, '--out', 'DIR')}`);
    return;
  }
  const tls = ({ cert, key }: Pick<Told, 'cert' | 'key'>): string[] => [
    ...['--tls-ca', authorityFile(folder), '--tls-cert', cert, '--tls-key', key],
  ];
  const isIpv6 = first.host!.includes(':');
  screen.err(`on ${first.host}, with a token in a file:`);
  const any = isIpv6 ? '::' : '0.0.0.0';
  const listens = ['coordinator', '--host', any, '--token-file', 'token', ...tls(first)];
  screen.err(`  ${commandLine(...listens)}`);
  const other = second ?? { host: 'NAME', ...filesOf(folder, 'NAME') };
  const made = second ? '' : ` (${commandLine('certs', folder, '--host', 'NAME')} makes it)`;
  screen.err(`on each other machine, with its own certificate${made}, as ${other.host}:`);
  const url = `wss://${isIpv6 ? `[${first.host}]` : first.host}:7070`;
  screen.err(`  ${commandLine('worker', url, '--token-file', 'token', ...tls(other))}`);
  const named = all.filter(({ names }) => names.length > 0 && !names.some((name) => isIP(name)));
  if (named.length === 0) return;
  const hosts = named.map(({ host }) => host);
  screen.note(
    `note: without an address in it a certificate is good where every machine knows the name (${hosts.join(', ')}); ${hosts[0]}/192.0.2.1 has both`,
  );
}

/** `a,b/b.example.org` → [a, b/b.example.org]: each machine once, as others write it. */
function hostList(text: string): readonly string[] {
  const hosts = text.split(',').map((host) => host.trim().toLowerCase());
  const names = hosts.flatMap((host) => host.split('/'));
  const wrong = names.find(
    (name, i) => !isHost(name) || name === 'ca' || names.indexOf(name) !== i,
  );
  if (wrong === undefined) return hosts;
  throw new InvalidArgumentError(`"${wrong}" ${whyWrong(wrong, names)}.`);
}

const EXPECTED = 'Expected hosts with commas between them, such as node1,192.0.2.7';

function whyWrong(name: string, names: readonly string[]): string {
  if (name === 'ca') return `is what the authority's own files are called. ${EXPECTED}`;
  if (names.indexOf(name) !== names.lastIndexOf(name)) return `is given twice. ${EXPECTED}`;
  const [, alone] = /^\[?(.+?)\]?:\d{1,5}$/.exec(name) ?? [];
  if (alone !== undefined && isHost(alone)) {
    return `has a port, and a certificate is for a host. Expected ${alone}`;
  }
  return `is no name or address of a machine. ${EXPECTED}`;
}
