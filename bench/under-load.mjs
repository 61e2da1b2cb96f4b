// What the default number of threads costs against each fixed one, where cores are taken and where they are not: samples per
// second of the tutorial's network, in one process for each run, interleaved, by condition. Linux; quotas need root and groups
// of version 1 or 2. Usage: node bench/under-load.mjs [seconds a run, 10] [rounds, 1] [conditions, all]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PERIOD = 100_000;
const CONDITIONS = [
  'quiet',
  'one busy core',
  'all cores busy',
  'quota 0.5',
  'quota 1',
  'quota 1.5',
];

/** Trains for so long in this process, and prints what came of it. */
async function trainFor(seconds, threads) {
  const { adam, crossEntropy, flatten, linear, relu, sequential } = await import('@lockstep/core');
  const { train } = await import('@lockstep/trainer');
  const { loadMnist } = await import('@lockstep/data');
  const { train: digits } = await loadMnist({ name: 'mnist', offline: true });
  const layers = [flatten(), linear(784, 128), relu(), linear(128, 64), relu(), linear(64, 10)];
  const run = train({
    model: sequential(...layers),
    ...{ data: { train: digits }, loss: crossEntropy(), optimizer: adam(), batchSize: 64 },
    ...{ epochs: 100_000, maxSeconds: seconds, ...(threads > 0 && { threads }) },
  });
  const numbers = [];
  for await (const event of run) {
    if (event.event === 'threads') numbers.push(event.computing);
    if (event.event === 'run-end') console.log(JSON.stringify([event.samplesPerSecond, numbers]));
  }
}

function makeGroup(quota) {
  const isV1 = existsSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us');
  const folder = join(
    isV1 ? '/sys/fs/cgroup/cpu' : '/sys/fs/cgroup',
    `lockstep-bench-${process.pid}`,
  );
  if (!isV1) writeFileSync('/sys/fs/cgroup/cgroup.subtree_control', '+cpu');
  if (!existsSync(folder)) mkdirSync(folder);
  if (isV1) writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota * PERIOD));
  else writeFileSync(join(folder, 'cpu.max'), `${quota * PERIOD} ${PERIOD}`);
  return folder;
}

/** @returns samples per second, and the numbers of threads that were settled on */
function runOnce(condition, seconds, threads) {
  const quota = /quota (.*)/.exec(condition)?.[1];
  const busy = { 'one busy core': 1, 'all cores busy': availableParallelism() }[condition] ?? 0;
  const neighbours = Array.from({ length: busy }, () =>
    spawn(process.execPath, ['-e', 'for (;;);']),
  );
  const folder = quota && makeGroup(Number(quota));
  try {
    const enter = folder ? `echo $$ > ${folder}/cgroup.procs && ` : '';
    const own = [process.execPath, fileURLToPath(import.meta.url), 'train', seconds, threads];
    const command = ['-c', `${enter}exec "$@"`, 'sh', ...own.map(String)];
    const { stdout, stderr } = spawnSync('sh', command, { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  } finally {
    for (const neighbour of neighbours) neighbour.kill('SIGKILL');
    if (folder) spawnSync('sleep', ['0.2']);
    if (folder) rmdirSync(folder);
  }
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

function measure(seconds, rounds, conditions) {
  const numbers = [0, ...Array.from({ length: availableParallelism() }, (_, i) => i + 1)];
  console.log(
    `| condition | default, of the best | ${numbers
      .slice(1)
      .map((n) => `${n}: samples/s`)
      .join(' | ')} | default: samples/s | settled on |`,
  );
  for (const condition of conditions) {
    const rates = numbers.map(() => []);
    let settled = [];
    for (let round = 0; round < rounds; round++) {
      // In turns: a machine that has just had much to do is often slower.
      for (let turn = 0; turn < numbers.length; turn++) {
        const threads = (round + turn) % numbers.length;
        const [rate, changes] = runOnce(condition, seconds, threads);
        rates[threads].push(rate);
        if (threads === 0) settled = changes;
      }
    }
    const [own, ...fixed] = rates.map(median);
    const share = (own / Math.max(...fixed)).toFixed(2);
    console.log(
      `| ${condition} | ${share} | ${fixed.join(' | ')} | ${own} | ${settled.join(', ') || 'as it began'} |`,
    );
  }
}

const [first = '10', second = '1', ...named] = process.argv.slice(2);
if (first === 'train') await trainFor(Number(second), Number(named[0]));
else measure(Number(first), Number(second), named.length > 0 ? named : CONDITIONS);
