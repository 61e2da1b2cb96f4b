// What a live page costs the run that it shows: the same run without a page, with one that is read as it comes, and with one that
// somebody has opened and never reads, each a process of its own, in turns. A browser that draws the page costs more, of its own
// processor's time: here it is what the run itself does for it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ContenderError } from '../contender.js';
import type { Contenders } from '../contenders.js';
import type { Kernels } from '../kernels.js';
import type { Settings } from '../settings.js';
import { pairedRatio, type Summary, summarize } from '../statistics.js';

export interface DashboardRow {
  readonly name: WatcherName;
  readonly samplesPerSecond: Summary;
  /** Over the run without a page, and what that should come to. */
  readonly ratio?: Summary;
  readonly atLeast?: number;
  /** Whether its weights are those of the run without a page. */
  readonly sameWeights: boolean;
  /** Messages that were read, of the last run. */
  readonly read: number;
}

export interface DashboardResult {
  readonly kernels: Kernels;
  readonly epochs: number;
  readonly rows: readonly DashboardRow[];
}

type WatcherName = 'no page' | 'a page that reads' | 'a page that never reads';

/** Somebody who has opened the page. */
interface Watcher {
  readonly read: number;
  close(): void;
}

interface RunEnd {
  readonly samplesPerSecond: number;
  readonly weightsHash: string;
}

interface Trained extends RunEnd {
  readonly read: number;
}

/** Half a hundredth for looking at the run's state, and as much for all the rest. */
const AT_LEAST = 0.99;
/** Some five seconds on two cores. */
const EPOCHS = 12;
const SMOKE = ['--limit-train', '2000', '--limit-test', '500'];
const LOCKSTEP = fileURLToPath(new URL('../../../apps/cli/bin/lockstep.js', import.meta.url));

const WATCHERS: readonly (readonly [WatcherName, ((url: URL) => Watcher) | undefined])[] = [
  ['no page', undefined],
  ['a page that reads', reading],
  ['a page that never reads', deaf],
];

export async function measureDashboard(
  who: Contenders,
  { smoke, rounds }: Settings,
  folder: string,
): Promise<DashboardResult> {
  const kernels = who.kernels.at(-1)!;
  const epochs = smoke ? 1 : EPOCHS;
  const flags = ['--epochs', String(epochs), '--kernels', kernels, ...(smoke ? SMOKE : [])];
  const out = join(folder, 'dashboard');
  const trained = new Map<WatcherName, Trained[]>(WATCHERS.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Whoever comes first in a round may find the machine in another state than the last.
    const turn = WATCHERS.map((_, i) => WATCHERS[(i + round) % WATCHERS.length]!);
    for (const [name, watch] of turn) {
      trained.get(name)!.push(await trainedOnce(flags, out, watch));
      await rm(out, { recursive: true, force: true });
    }
  }
  const ratesOf = (name: WatcherName): number[] =>
    trained.get(name)!.map(({ samplesPerSecond }) => samplesPerSecond);
  const [alone] = trained.get('no page')!;
  const rows = WATCHERS.map(([name, watch]): DashboardRow => {
    const runs = trained.get(name)!;
    return {
      ...{ name, samplesPerSecond: summarize(ratesOf(name)), read: runs.at(-1)!.read },
      ...(watch && { ratio: pairedRatio(ratesOf(name), ratesOf('no page')), atLeast: AT_LEAST }),
      sameWeights: runs.every(({ weightsHash }) => weightsHash === alone!.weightsHash),
    };
  });
  return { kernels, epochs, rows };
}

/** @throws ContenderError if the run fails */
async function trainedOnce(
  flags: readonly string[],
  out: string,
  watch: ((url: URL) => Watcher) | undefined,
): Promise<Trained> {
  const page = watch ? ['--dashboard', '127.0.0.1:0'] : [];
  const words = ['train', '--json', '--offline', ...flags, ...page, '--out', out];
  const child = spawn(process.execPath, [LOCKSTEP, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const found: { watcher?: Watcher; end?: RunEnd; said: string } = { said: 'nothing' };
  createInterface({ input: child.stderr }).on('line', (line) => {
    found.said = line;
    const [url] = /http:\S+#token=\S+/.exec(line) ?? [];
    if (url !== undefined && watch) found.watcher ??= watch(new URL(url));
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line);
    if (event.event === 'run-end') found.end = event;
  });
  await ended;
  const { watcher, end, said } = found;
  watcher?.close();
  if (!end) throw new ContenderError(`dashboard: the run ended with "${said}"`);
  if (watch && !watcher)
    throw new ContenderError('dashboard: the run did not say where its page is');
  const { samplesPerSecond, weightsHash } = end;
  return { samplesPerSecond, weightsHash, read: watcher?.read ?? 0 };
}

function tokenIn({ hash }: URL): string {
  return `Bearer ${hash.replace('#token=', '')}`;
}

/** Takes what comes, as a page does. */
function reading(url: URL): Watcher {
  const end = new AbortController();
  const watcher = { read: 0, close: () => end.abort() };
  const read = async (): Promise<void> => {
    const headers = { authorization: tokenIn(url) };
    const { body } = await fetch(new URL('api/stream', url), { headers, signal: end.signal });
    for await (const piece of body!) {
      for (const byte of piece) if (byte === 0x0a) watcher.read += 1;
    }
  };
  // It ends with the run.
  read().catch(() => {});
  return watcher;
}

/** Asks, and takes nothing of the answer. */
function deaf(url: URL): Watcher {
  const socket = connect(Number(url.port), url.hostname);
  socket.on('error', () => {});
  socket.pause();
  const head = ['GET /api/stream HTTP/1.1', `Host: ${url.host}`, `Authorization: ${tokenIn(url)}`];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return { read: 0, close: () => socket.destroy() };
}
