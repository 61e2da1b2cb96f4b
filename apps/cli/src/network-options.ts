// The flags by which coordinator and workers find and trust each other, and what they come to.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { hostAndPort, tlsProblem } from '@lockstep/coordinator';
import { makeFolder } from '@lockstep/data';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { UsageError } from './errors.js';
import { nonEmpty } from './option-values.js';
import { writeWhole } from './whole-file.js';

/** Where the token lies that was made for the run in a folder. */
export const tokenFileOf = (out: string): string => join(out, 'token');

export interface TrustFlags {
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

/** By what two sides know each other. */
export interface Pass {
  readonly token: string;
  /** PEM texts. */
  readonly pair: { readonly cert: string; readonly key: string } | undefined;
  readonly ca: string | undefined;
}

export function addTrustOptions(command: Command, roles: { ca: string; cert: string }): void {
  command.optionsGroup('Trust:');
  command
    .option('--token-file <file>', 'the token; else LOCKSTEP_TOKEN is taken', nonEmpty)
    .option('--tls-cert <file>', roles.cert, nonEmpty)
    .option('--tls-key <file>', 'its private key', nonEmpty)
    .option('--tls-ca <file>', roles.ca, nonEmpty);
}

/** @returns the token that the user gave; undefined if there is none. @throws UsageError if its file has none */
export async function givenToken(
  { tokenFile }: TrustFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (tokenFile === undefined) return env.LOCKSTEP_TOKEN?.trim() || undefined;
  const token = (await readText('--token-file', tokenFile)).trim();
  if (token === '') throw new UsageError(`--token-file ${tokenFile}: the file is empty`);
  return token;
}

/** 144 random bits, in characters that no shell minds. */
export function makeToken(): string {
  return randomBytes(18).toString('base64url');
}

/** Keeps the token that was made for a run, for its user alone, in the run's folder. */
export async function keepToken(out: string, token: string): Promise<void> {
  await makeFolder(out);
  await writeWhole(tokenFileOf(out), `${token}\n`, 0o600);
}

/** @returns the token that was made for the run in this folder; undefined if it was given by the user */
export async function keptToken(out: string): Promise<string | undefined> {
  const text = await readFile(tokenFileOf(out), 'utf8').catch(() => '');
  return text.trim() || undefined;
}

/** PEM texts of the files that were given. @throws UsageError if one of a pair is missing, or a file cannot be read or used */
export async function readTls({
  tlsCert,
  tlsKey,
  tlsCa,
}: TrustFlags): Promise<Pick<Pass, 'pair' | 'ca'>> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageError('--tls-cert and --tls-key go together: a certificate and its private key');
  }
  const pair =
    tlsCert === undefined
      ? undefined
      : {
          cert: await readText('--tls-cert', tlsCert),
          key: await readText('--tls-key', tlsKey!),
        };
  const ca = tlsCa === undefined ? undefined : await readText('--tls-ca', tlsCa);
  const paths = { cert: tlsCert, key: tlsKey, ca: tlsCa };
  const problem = tlsProblem({ ...pair, ca }, (name) => `--tls-${name} ${paths[name]}`);
  if (problem !== undefined) throw new UsageError(problem);
  return { pair, ca };
}

/** `host:port`, `[::1]:7071`, or a port alone. */
export function address(text: string): { host: string; port: number } {
  const found = hostAndPort(text);
  if (typeof found === 'string') throw new InvalidArgumentError(found);
  return found;
}

/** A worker's name, unless the user gives one. */
export function defaultName(): string {
  return `${hostname().replace(/[^\x21-\x7e]/g, '-') || 'worker'}-${process.pid}`.slice(-64);
}

async function readText(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`${flag} ${path}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}
