// What variables and flags do to Node, to Lockstep and to its connections, and those that are taken to do something and do not.
// No value is shown that could be a secret.
import { nearestName } from '@lockstep/errors';
import { type Check, type Judgement, note, ok, type Place, problem, together } from '../check.js';

export const environment: Check = {
  id: 'environment',
  title: 'Environment',
  look: ({ env }) => judgeEnvironment(env, process.execArgv),
};

/** Flags of Node, and what they come to. */
const FLAGS: readonly [flag: RegExp, judge: (flag: string) => Judgement][] = [
  [
    /^(-r|--(require|import|loader|experimental-loader))$/,
    (flag) =>
      note(
        `${flag} loads code of others into every thread`,
        'if threads cannot be started, or are slow to, start without it',
      ),
  ],
  [
    /^--(jitless|no-opt|liftoff-only)$/,
    (flag) => note(`${flag} makes computing slow`, 'start without it'),
  ],
  [
    /^--(inspect|inspect-brk|cpu-prof|prof)$/,
    (flag) => note(`${flag} watches the program`, 'it computes more slowly meanwhile'),
  ],
  [
    /^--(experimental-)?permission$/,
    (flag) =>
      note(
        `${flag} forbids what is not allowed by name`,
        'a run needs --allow-worker, --allow-addons for compiled kernels, and --allow-fs-read and --allow-fs-write where its files are',
      ),
  ],
];

/** Variables that other libraries of arithmetic go by. */
const NOT_READ = /^(OMP|OPENBLAS|MKL|BLIS|NUMEXPR|VECLIB_MAXIMUM|GOTO)_(NUM_)?THREADS$/;
const PROXIES = /^(https?|all)_proxy$/i;
const OWN = ['LOCKSTEP_CACHE', 'LOCKSTEP_TOKEN', 'LOCKSTEP_DEBUG'];

export function judgeEnvironment(env: Place['env'], flags: readonly string[]): Judgement {
  const set = Object.keys(env).filter((name) => env[name] !== undefined && env[name] !== '');
  const given = [...flags, ...(env.NODE_OPTIONS ?? '').split(/\s+/)].map(
    (one) => one.split('=')[0]!,
  );
  const judged = [
    ...given.flatMap((flag) =>
      FLAGS.flatMap(([which, judge]) => (which.test(flag) ? [judge(flag)] : [])),
    ),
    ...set.flatMap((name) => judgeVariable(name, env[name]!)),
  ];
  return judged.length === 0 ? ok('nothing that matters is set') : together(...judged);
}

function judgeVariable(name: string, value: string): Judgement[] {
  if (name === 'NODE_TLS_REJECT_UNAUTHORIZED' && value === '0') {
    return [
      problem(
        `${name}=0: no certificate is checked, so anybody can be the coordinator`,
        'unset it; to trust an authority of your own, give --tls-ca FILE',
      ),
    ];
  }
  if (name === 'NODE_EXTRA_CA_CERTS') {
    return [ok(`${name}: authorities of that file are trusted, unless --tls-ca is given`)];
  }
  if (name === 'NODE_V8_COVERAGE')
    return [note(`${name} counts all that runs`, 'it computes more slowly')];
  if (name === 'LD_PRELOAD') return [note(`${name} puts code of others into the process`)];
  if (NOT_READ.test(name)) {
    return [note(`${name} does nothing here`, 'the number of threads is that of --threads N')];
  }
  if (PROXIES.test(name)) return [ok(`${name} is not used: workers dial directly`)];
  return name.startsWith('LOCKSTEP_') && !OWN.includes(name) ? [unknown(name)] : [];
}

function unknown(name: string): Judgement {
  const near = nearestName(name, OWN);
  const meant = near === undefined ? `there are ${OWN.join(', ')}` : `was ${near} meant?`;
  return note(`${name} is no variable of Lockstep`, meant);
}
