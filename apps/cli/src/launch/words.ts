// What a rank would do, in words: for `--dry-run`, and the commands that come to the same by hand. Pure.
import { join } from 'node:path';
import type { Option } from 'commander';
import { formatCount, plural } from '../wording.js';
import type { LaunchFlags } from './flags.js';
import type { Foretold } from './foretell.js';
import type { LaunchPlan } from './plan.js';

/** A label and what it says. */
export type Line = readonly [label: string, text: string];

/**
 * Some of the words that were typed.
 *
 * @param words after `launch`
 * @param isTaken of a flag, by its name
 */
export function wordsFor(
  words: readonly string[],
  options: readonly Option[],
  isTaken: (flag: string) => boolean,
): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [long] = word.split('=', 1);
    const option = options.find(({ long: name, short }) => name === long || short === word);
    const next = words[i + 1];
    const hasValue =
      option !== undefined &&
      !word.includes('=') &&
      next !== undefined &&
      (option.required || (option.optional && !next.startsWith('-')));
    if (hasValue) i++;
    if (!option || !isTaken(option.attributeName())) continue;
    kept.push(...(hasValue ? [word, next] : [word]));
  }
  return kept;
}

/** The flags by which coordinator and worker trust each other. Certificates that are made at the start have no names yet. */
export function trustWords({ tokenFile, secrecy }: LaunchPlan, flags: LaunchFlags): string[] {
  const { tlsCert = 'CERT.pem', tlsKey = 'KEY.pem' } = flags;
  const ca = secrecy.kind === 'folder' ? join(secrecy.folder, 'ca.pem') : flags.tlsCa;
  return [
    ...(tokenFile === undefined ? [] : ['--token-file', tokenFile]),
    ...(secrecy.kind === 'none' ? [] : ['--tls-cert', tlsCert, '--tls-key', tlsKey]),
    ...(secrecy.kind === 'none' || ca === undefined ? [] : ['--tls-ca', ca]),
    ...(flags.insecure ? ['--insecure'] : []),
  ];
}

/** @param runWords those of the run, as they were typed */
export function coordinatorWords(
  plan: LaunchPlan,
  flags: LaunchFlags,
  runWords: readonly string[],
): string[] {
  const { listenHost, minWorkers, shards } = plan;
  const { host, port, isLocal } = plan.place.meeting;
  const names = [...(isLocal ? [] : [host]), ...(flags.reachableAs ?? [])];
  return [
    ...['coordinator', '--host', listenHost, '--port', String(port)],
    ...['--min-workers', String(minWorkers)],
    ...(names.length > 0 ? ['--reachable-as', names.join(',')] : []),
    ...(shards && !shards.isUsual && flags.resume === undefined
      ? ['--shards', String(shards.shards)]
      : []),
    ...trustWords(plan, flags),
    ...runWords,
  ];
}

/** @param url another place where the coordinator is, if it is not as planned */
export function workerWords(plan: LaunchPlan, flags: LaunchFlags, url = plan.url): string[] {
  const { threads } = plan.threads;
  const { listen, kernels, transport, giveUpAfter } = flags;
  const isIpv6 = listen?.host.includes(':');
  return [
    ...['worker', url, '--name', plan.name],
    ...(threads === undefined ? [] : ['--threads', String(threads)]),
    ...['--kernels', kernels],
    ...['--give-up-after', Number.isFinite(giveUpAfter) ? String(giveUpAfter) : 'never'],
    ...(listen ? ['--listen', `${isIpv6 ? `[${listen.host}]` : listen.host}:${listen.port}`] : []),
    ...(transport === 'mpi' ? ['--transport', 'mpi'] : []),
    ...trustWords(plan, flags),
  ];
}

export function planLines(plan: LaunchPlan, foretold: Foretold): Line[] {
  const { place, url, secrecy, threads, shards, tokenFile, hasToken } = plan;
  const { rank, ranks, localRank, localRanks, meeting, restarts } = place;
  const spread =
    localRanks === undefined
      ? ''
      : `; ${localRank === undefined ? '' : `${localRank} of `}${localRanks} on this machine`;
  const again = restarts ? `; started again ${restarts} times` : '';
  const waits =
    rank === 0
      ? 'made by this rank, if it is not there'
      : 'made by rank 0, and waited for, if it is not there';
  return [
    [
      'scheduler',
      `${place.scheduler}${place.variables.length > 0 ? `: ${place.variables.join(' ')}` : ''}`,
    ],
    ['rank', `${rank} of ${ranks}${spread}${again}`],
    ['rank 0', `${url} (host: ${meeting.hostFrom}; port: ${meeting.portFrom})`],
    ['token', hasToken ? (tokenFile ?? 'of LOCKSTEP_TOKEN') : `${tokenFile} (${waits})`],
    ['TLS', secrecyWords(secrecy, waits)],
    ['threads', `${threads.threads ?? 'all'} (${threads.why})`],
    ['run', runWords(plan, foretold)],
    ...(rank === 0 && foretold.does !== 'end'
      ? ([
          ...(shards && foretold.does === 'begin'
            ? [['shards', shardWords(shards, ranks)] as const]
            : []),
          ['workers', `waits for ${plan.minWorkers}, on ${plan.listenHost}`],
        ] as const)
      : []),
  ];
}

function runWords({ out }: LaunchPlan, { does, run }: Foretold): string {
  const of = run && ` of ${formatCount(run.steps)}`;
  switch (does) {
    case 'join':
      return `joins rank 0's, in ${out}`;
    case 'end':
      return `that in ${out} is over: says so, and ends with 0`;
    case 'go-on':
      return `goes on in ${out}, ${run ? `from step ${formatCount(run.step)}${of}, its newest checkpoint` : FETCHED}`;
    case 'begin': {
      if (!run) return `begins in ${out}, ${FETCHED}`;
      const { dataset, samples, parameters, steps } = run;
      return `begins in ${out}: ${plural(parameters, 'parameter')}, ${plural(samples, 'sample')} of ${dataset}, ${plural(steps, 'step')}`;
    }
  }
}

const FETCHED =
  'once its data is fetched, which is not on this machine: what depends on it was not looked at';

function secrecyWords(secrecy: LaunchPlan['secrecy'], waits: string): string {
  if (secrecy.kind === 'none') return `none (${secrecy.why})`;
  if (secrecy.kind === 'files') return '--tls-cert, --tls-key, --tls-ca';
  return `certificates of ${secrecy.folder} (its authority is ${waits})`;
}

function shardWords({ shards, isUsual }: NonNullable<LaunchPlan['shards']>, ranks: number): string {
  return `${shards} (${isUsual ? "train's own" : `for ${ranks} ranks`}, of a new run)`;
}
