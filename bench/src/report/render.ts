// A report as Markdown: who ran where, the ratios, and below them what they are made of.
import type { TrainingResult } from '../measure.js';
import type { Summary } from '../statistics.js';
import { goals, overOf } from './goals.js';
import type { Report } from './report.js';
import { count, mebibytes, percent, ratio, table, thousandths } from './table.js';

function span(summary: Summary, format: (value: number) => string): string {
  return `${format(summary.min)} to ${format(summary.max)}`;
}

/** Cores that may be busy with something else before the numbers are doubted. */
const CALM_CORES = 0.2;

function header({ machine, loadAtEnd, settings, torches, training, othersBusy }: Report): string {
  const { cpu, cores, memoryGiB, platform, node, v8, load, commit, time } = machine;
  const lines = [
    `Node ${node} (V8 ${v8}) on ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}; ` +
      `load ${load.toFixed(2)} before and ${loadAtEnd.toFixed(2)} after; ` +
      `commit ${commit ?? 'unknown'}; ${time}; ${settings.rounds} rounds.`,
  ];
  for (const { label, version, blas, adams, python } of torches) {
    lines.push(
      `PyTorch ${version} (\`torch-${label}\`, ${python}) with ${blas}; Adam ${adams.join(', ')}.`,
    );
    if (blas === 'reference BLAS') {
      lines.push(
        `**WARNING: PyTorch ${version} runs on the reference BLAS, several times slower than it could be; ratios over it ` +
          'flatter us. Install OpenBLAS (Debian: libopenblas0-pthread) and measure again.**',
      );
    }
  }
  const looks = [
    ...training.map(({ name, othersBusy: busy }) => [name, busy?.median ?? 0] as const),
    ...Object.entries(othersBusy),
  ];
  const disturbed = looks.filter(([, cores]) => cores > CALM_CORES).map(([name]) => name);
  if (disturbed.length > 0) {
    lines.push(
      `**WARNING: something else was running during ${disturbed.join(', ')}; measure again.**`,
    );
  }
  if (settings.smoke) {
    lines.push('**These are smoke settings: they show that everything works, and mean nothing.**');
  }
  return lines.join('\n\n');
}

function ratios(training: readonly TrainingResult[]): string {
  const rows = training.flatMap((result) =>
    result.comparisons.map((comparison) => {
      const { ours, computedBy, label, against, ratio: found, atLeast, sameLoss } = comparison;
      const lossOf = (name: string): string =>
        result.contenders.find((contender) => contender.name === name)!.loss.toFixed(4);
      return [
        result.name,
        ours,
        computedBy,
        overOf(label, against),
        ratio(found.median),
        span(found, ratio),
        atLeast === undefined ? '' : `${atLeast}${found.median >= atLeast ? '' : ' (missed)'}`,
        `${lossOf(ours)} / ${lossOf(against)}${sameLoss ? '' : ' DIFFERS'}`,
      ];
    }),
  );
  return table(
    ['case', 'ours', 'kernels', 'over', 'ratio:', 'min to max:', 'at least:', 'losses'],
    rows,
  );
}

function rates(training: readonly TrainingResult[]): string {
  const rows = training.flatMap(({ name, contenders }) =>
    contenders.map((contender) => [
      name,
      contender.name,
      count(contender.summary.median),
      span(contender.summary, count),
      contender.loss.toFixed(4),
      contender.floor ? `${percent(contender.floor.share)} (${contender.floor.bound})` : '',
      mebibytes(contender.peakBytes),
      contender.kernels ?? '',
      contender.about,
    ]),
  );
  return table(
    [
      'case',
      'contender',
      'samples/s:',
      'min to max:',
      'loss:',
      'share of floor',
      'peak MiB:',
      'kernels',
      'what it is',
    ],
    rows,
  );
}

function cases(training: readonly TrainingResult[]): string {
  return training
    .map(
      ({ name, title, samples, density, learnSteps, othersBusy }) =>
        `- \`${name}\`: ${title}; ${count(samples)} samples, ${percent(density)} of the inputs not zero; ` +
        `losses are means over the first ${learnSteps} steps` +
        `${othersBusy ? `; others kept ${span(othersBusy, ratio)} cores busy` : ''}.`,
    )
    .join('\n');
}

function floors({ floors: { peaks, copy, barrierMicroseconds } }: Report): string {
  const rows = [
    ...peaks.map(({ kernels, lanes, gflops }) => [
      `mul + add in ${32 * lanes} bits (${kernels}), one core`,
      `${gflops.max.toFixed(1)} GFLOP/s`,
    ]),
    ...Object.entries(copy).flatMap(([threads, measured]) =>
      measured.map(({ bytes, gigabytesPerSecond }) => [
        `copy, ${threads} thread${threads === '1' ? '' : 's'}, ${mebibytes(bytes)} MiB in all`,
        `${gigabytesPerSecond.toFixed(1)} GB/s read and written`,
      ]),
    ),
    ...Object.entries(barrierMicroseconds).map(([threads, microseconds]) => [
      `barrier, ${threads} thread${threads === '1' ? '' : 's'}`,
      `${microseconds.toFixed(2)} µs`,
    ]),
  ];
  return table(['floor', 'measured:'], rows);
}

function product(report: Report): string[] {
  if (!report.product) return [];
  const { shape, rows } = report.product;
  const lines = rows.map(({ kernels, lanes, gflops, peakGflops, share, atLeast }) => [
    ...[shape, kernels, String(32 * lanes)],
    ...[gflops, peakGflops].map(({ median }) => median.toFixed(1)),
    ratio(share.median),
    span(share, ratio),
    `${atLeast}${share.median >= atLeast ? '' : ' (missed)'}`,
  ]);
  return [
    '### Matrix product over the peak of mul + add in the same registers, one thread',
    table(
      ['product', 'kernels', 'bits:', 'GFLOP/s:', 'peak:', 'share:', 'min to max:', 'at least:'],
      lines,
    ),
  ];
}

function startup(report: Report): string[] {
  if (!report.startup) return [];
  const rows = report.startup.rows.map(({ name, seconds, atMost }) => [
    name,
    seconds.median.toFixed(2),
    span(seconds, (value) => value.toFixed(2)),
    atMost === undefined ? '' : `${atMost}${seconds.median <= atMost ? '' : ' (missed)'}`,
  ]);
  return [
    '### From process start to the first step',
    table(['contender', 'seconds:', 'min to max:', 'at most:'], rows),
  ];
}

function answers(report: Report): string[] {
  if (!report.answers) return [];
  const { rows, contenders } = report.answers;
  const lines = contenders.map((contender) => {
    const { name, microseconds, atMostMicroseconds: most, rowsPerSecond, ratio: found } = contender;
    const missed = most !== undefined && microseconds.median > most;
    const least = contender.atLeast;
    return [
      name,
      microseconds.median.toFixed(1),
      most === undefined ? '' : `${most}${missed ? ' (missed)' : ''}`,
      count(rowsPerSecond.median),
      found ? ratio(found.median) : '',
      found ? span(found, ratio) : '',
      found && least !== undefined ? `${least}${found.median >= least ? '' : ' (missed)'}` : '',
      contender.sameOutputs ? 'same' : 'DIFFER',
      contender.about,
    ];
  });
  return [
    '### Answers of a trained network, one thread',
    `784-128-64-10 on MNIST's pixels: one row alone, and ${count(rows)} rows at once.`,
    table(
      [
        'contender',
        'µs one row:',
        'at most:',
        'rows/s:',
        'ours over it:',
        'min to max:',
        'at least:',
        'outputs',
        'what it is',
      ],
      lines,
    ),
  ];
}

function scaling(report: Report): string[] {
  if (!report.scaling) return [];
  const rows = report.scaling.map((row) => [
    row.axis,
    String(row.value),
    String(row.threads),
    count(row.samplesPerSecond),
    (1e6 / row.samplesPerSecond).toFixed(2),
    mebibytes(row.arenaBytes),
    mebibytes(row.memoryBytes),
    mebibytes(row.peakBytes),
  ]);
  return [
    '### How cost and memory grow',
    `Threads and shards at batch 1024, hidden sizes (784-n-n-10) at batch 256; ${report.scaling[0]!.kernels} kernels.`,
    table(
      [
        'varied',
        'value:',
        'threads:',
        'samples/s:',
        'µs a sample:',
        'arena MiB:',
        'shared MiB:',
        'peak resident MiB:',
      ],
      rows,
    ),
  ];
}

function dashboard(report: Report): string[] {
  if (!report.dashboard) return [];
  const { epochs, kernels, rows } = report.dashboard;
  const lines = rows.map(({ name, samplesPerSecond, ratio: found, atLeast, sameWeights, read }) => [
    name,
    count(samplesPerSecond.median),
    found ? thousandths(found.median) : '',
    found ? span(found, thousandths) : '',
    found && atLeast !== undefined ? `${atLeast}${found.median >= atLeast ? '' : ' (missed)'}` : '',
    sameWeights ? 'same' : 'DIFFER',
    count(read),
  ]);
  return [
    '### What a live page costs the run that it shows',
    `784-128-64-10 on MNIST, batch 64, ${epochs} epochs a run; ${kernels} kernels.`,
    table(
      ['run', 'samples/s:', 'over none:', 'min to max:', 'at least:', 'weights', 'messages read:'],
      lines,
    ),
  ];
}

function leftOut(report: Report): string[] {
  const all = [
    ...report.leftOut.map(({ name, reason }) => `- ${name}: ${reason}`),
    ...report.training.flatMap(({ name, leftOut }) =>
      leftOut.map(({ reason }) => `- in \`${name}\`: ${reason}`),
    ),
    ...(report.startup?.leftOut ?? []).map(({ reason }) => `- at start-up: ${reason}`),
    ...(report.answers?.leftOut ?? []).map(({ reason }) => `- among answers: ${reason}`),
  ];
  return all.length === 0 ? [] : ['### Left out', all.join('\n')];
}

/** @returns Markdown without a title, with headings of the third level */
export function render(report: Report): string {
  const { training } = report;
  return [
    header(report),
    ...goals(report),
    ...(training.length === 0 ? [] : ['### Ours over theirs', ratios(training), cases(training)]),
    ...product(report),
    ...startup(report),
    ...answers(report),
    ...dashboard(report),
    ...(training.length === 0 ? [] : ['### What the ratios are made of', rates(training)]),
    '### Floors',
    floors(report),
    ...scaling(report),
    ...leftOut(report),
  ].join('\n\n');
}
