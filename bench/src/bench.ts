// The benchmark: measures the cases one after the other and prints one report. Progress goes to stderr.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureAnswers } from './cases/answers.js';
import { clusterCases } from './cases/cluster.js';
import { measureDashboard } from './cases/dashboard.js';
import { denseCase } from './cases/dense.js';
import { networkCases } from './cases/networks.js';
import { measureProduct } from './cases/product.js';
import { measureScaling } from './cases/scaling.js';
import { smallCases } from './cases/small.js';
import { measureStartup } from './cases/startup.js';
import { tutorialCases } from './cases/tutorial.js';
import { wideCase } from './cases/wide.js';
import { Contenders } from './contenders.js';
import { measureFloors } from './floors/floors.js';
import { type MeasuredKernels, measuredKernels } from './kernels.js';
import { describeMachine } from './machine.js';
import { measureTraining } from './measure.js';
import { type Options, readOptions, USAGE } from './options.js';
import { coresBusyWithOthers } from './others.js';
import { mpiLacks } from './peers/mpi.js';
import { findTorches, placeScripts } from './peers/torch.js';
import { writeMarkdown } from './report/markdown-file.js';
import { render } from './report/render.js';
import type { Report } from './report/report.js';
import { cutDown } from './smoke.js';
import type { TrainingCase } from './training-case.js';
import { UsageError } from './usage-error.js';

const NO_KERNELS: MeasuredKernels = { kinds: [], lanes: [] };
const OTHER_CASES = ['product', 'startup', 'answers', 'dashboard', 'scaling'] as const;
type OtherCase = (typeof OTHER_CASES)[number];

function trainingCases(who: Contenders): TrainingCase[] {
  return [
    ...tutorialCases(who),
    wideCase(who),
    denseCase(who),
    ...smallCases(who),
    ...networkCases(who),
    ...clusterCases(who),
  ];
}

function progress(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

/** @returns after each case what was measured so far */
async function* measure(options: Options, folder: string): AsyncGenerator<Report> {
  const { settings, only } = options;
  const isWanted = (name: string): boolean => only?.includes(name) ?? true;
  const machine = await describeMachine();
  const kernels = measuredKernels(options.kernels);
  const torches = await findTorches(options.pythons);
  const scripts = await placeScripts(folder);
  const who = new Contenders({
    ...{ cores: machine.cores, torches, scripts, kernels },
    mpiLacks: mpiLacks(),
  });
  progress('floors');
  const floors = await measureFloors(kernels.lanes, settings.smoke);
  const all = trainingCases(who).filter(({ name }) => isWanted(name));
  let report: Report = {
    machine,
    loadAtEnd: loadavg()[0]!,
    settings,
    torches,
    leftOut: who.leftOut,
    floors,
    training: [],
    othersBusy: {},
  };
  const grow = (more: Partial<Report>): Report => {
    report = { ...report, ...more, loadAtEnd: loadavg()[0]!, leftOut: who.leftOut };
    return report;
  };
  for (const training of settings.smoke ? cutDown(all) : all) {
    const result = await measureTraining(training, settings, floors, folder, progress);
    // The next case writes its own data.
    await rm(join(folder, training.name), { recursive: true });
    yield grow({ training: [...report.training, result] });
  }
  const others: { readonly [name in OtherCase]: () => Promise<Partial<Report>> } = {
    product: async () => ({ product: await measureProduct(kernels, settings) }),
    startup: async () => ({ startup: await measureStartup(who, settings, folder) }),
    answers: async () => ({ answers: await measureAnswers(who, settings, folder) }),
    dashboard: async () => ({ dashboard: await measureDashboard(who, settings, folder) }),
    scaling: async () => ({ scaling: await measureScaling(who, settings, folder, progress) }),
  };
  for (const name of OTHER_CASES.filter(isWanted)) {
    progress(name);
    const busy = settings.smoke ? {} : { [name]: await coresBusyWithOthers() };
    yield grow({ ...(await others[name]()), othersBusy: { ...report.othersBusy, ...busy } });
  }
}

async function main(words: readonly string[]): Promise<void> {
  const nobody = new Contenders({ cores: 1, torches: [], scripts: '', kernels: NO_KERNELS });
  const names = trainingCases(nobody).map(({ name }) => name);
  const options = readOptions(words, [...names, ...OTHER_CASES]);
  if (options.help) {
    console.log(`${USAGE}\n\nCases: ${[...names, ...OTHER_CASES].join(', ')}`);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  try {
    let text = '';
    // Written after each case: whoever stops a run of an hour has what was measured by then.
    for await (const report of measure(options, folder)) {
      text = render(report);
      if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
      if (options.markdown) await writeMarkdown(options.markdown, report.machine.node, text);
    }
    console.log(text);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
