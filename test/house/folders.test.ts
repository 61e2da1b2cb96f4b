// The house rules within a package: which of its folders may import which. Arrows go one way here, too.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCircle, importsOf, packages, targetOf } from './import-graph.js';

/**
 * Each folder of a package with several, and what it may import besides itself: folders, and files that lie in no folder.
 * Those files stand above all folders, but for the ones that are named here. A folder within a folder is a part of it,
 * unless it is named.
 */
const FOLDERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '@lockstep/kernels': {
    contract: ['kernels.generated.ts'],
    bits: [
      'arithmetic.ts',
      'backend.ts',
      'contract',
      'kernels.generated.ts',
      'signatures.generated.ts',
    ],
  },
  '@lockstep/core': {
    math: [],
    random: [],
    preparation: [],
    // What is done to training samples as they are gathered.
    augment: ['math', 'random'],
    initializers: ['math', 'random'],
    schedules: ['math'],
    // What a network is, before anything is done with it; operators know it, and it knows none.
    graph: ['initializers'],
    ops: ['graph', 'math', 'random'],
    transform: ['graph', 'ops'],
    model: ['graph', 'initializers', 'math', 'numbers.ts', 'ops', 'transform'],
    layers: ['initializers', 'model', 'ops'],
    // Networks that are ready to be trained: what anybody could have written.
    models: ['initializers', 'layers', 'model'],
    losses: ['dataset.ts', 'graph', 'layers', 'model', 'ops'],
    metrics: ['layers', 'losses', 'math', 'model'],
    // When a run ends: data, and a judge of what was told.
    stopping: ['metrics'],
    network: [
      'dataset.ts',
      'graph',
      'initializers',
      'losses',
      'metrics',
      'model',
      'ops',
      'preparation',
      'transform',
    ],
    // One that somebody writes is traced as a model is, and checked as a network is.
    optimizers: ['graph', 'math', 'model', 'network', 'ops', 'schedules', 'transform'],
    plan: ['graph', 'ops', 'transform'],
    execute: ['graph', 'ops', 'plan', 'random'],
    run: [
      'augment',
      'dataset-traits.ts',
      'dataset.ts',
      'execute',
      'graph',
      'initializers',
      'numbers.ts',
      'ops',
      'optimizers',
      'plan',
      'random',
      'schedules',
      'stopping',
      'transform',
    ],
    evaluation: ['graph', 'metrics', 'plan', 'run'],
    export: ['dataset-traits.ts', 'graph', 'losses', 'network', 'ops', 'trained', 'transform'],
    text: [],
    // A language model goes on with a sequence; it is asked through a trained model.
    generate: ['graph', 'math', 'network', 'ops', 'random', 'run', 'text', 'transform'],
    // What training comes to: it answers by a program of its own, and evaluates as anybody does.
    trained: [
      'dataset-record.ts',
      'dataset-traits.ts',
      'dataset.ts',
      'evaluate.ts',
      'generate',
      'graph',
      'losses',
      'math',
      'model',
      'network',
      'named-inputs.ts',
      'numbers.ts',
      'plan',
      'preparation',
      'run',
      'text',
      'transform',
    ],
    // Looks at one pass with the reference executor, and takes rows as a trained model does.
    inspecting: [
      'dataset-traits.ts',
      'dataset.ts',
      'execute',
      'graph',
      'losses',
      'model',
      'network',
      'numbers.ts',
      'ops',
      'run',
      'trained',
      'transform',
    ],
  },
  '@lockstep/data': {
    csv: ['shared.ts'],
    table: ['csv'],
    preparing: ['csv', 'shared.ts', 'table'],
    // All that uses a Node API: the disk, the network, checksums.
    // Stretches of steps as samples.
    series: ['shared.ts'],
    text: ['series'],
    files: ['csv', 'pictures', 'shared.ts', 'table'],
    pictures: [],
  },
  '@lockstep/formats': {
    npz: ['crc32.ts', 'foreign.ts', 'format-error.ts', 'stored-tensor.ts'],
    onnx: ['format-error.ts', 'protobuf-text.ts'],
    safetensors: ['foreign.ts', 'format-error.ts', 'stored-tensor.ts'],
    tensorboard: ['crc32.ts', 'format-error.ts', 'protobuf-text.ts'],
    wasm: [],
  },
  '@lockstep/collective': {
    'all-reduce': [],
  },
  '@lockstep/transport': {
    etcd: ['dial.ts', 'errors.ts', 'transport.ts'],
    mpi: ['link.ts', 'transport.ts'],
    unix: [
      'closing.ts',
      'errors.ts',
      'finding.ts',
      'link.ts',
      'reason.ts',
      'transport.ts',
      'within.ts',
    ],
    websocket: [
      'closing.ts',
      'errors.ts',
      'finding.ts',
      'link.ts',
      'next-turn.ts',
      'reason.ts',
      'shown-url.ts',
      'transport.ts',
      'within.ts',
    ],
  },
  '@lockstep/trainer': {
    computing: [],
    storing: [],
    running: ['computing', 'storing'],
    // A run once more, from what its folder holds.
    replaying: ['computing', 'running', 'storing'],
  },
  '@lockstep/coordinator': {
    'decide/election': [],
    'decide/membership/state': [],
    'decide/membership/ending': ['decide/membership/state'],
    'decide/membership/dealing': ['decide/membership/state'],
    'decide/membership/holding': ['decide/membership/ending', 'decide/membership/state'],
    'decide/membership/stopping': [
      'decide/membership/ending',
      'decide/membership/holding',
      'decide/membership/state',
    ],
    'decide/membership/forming': [
      'decide/membership/dealing',
      'decide/membership/holding',
      'decide/membership/state',
      'decide/membership/stopping',
    ],
    'decide/membership/members': [
      'decide/membership/ending',
      'decide/membership/forming',
      'decide/membership/holding',
      'decide/membership/state',
    ],
    'decide/membership/auditing': [
      'decide/membership/holding',
      'decide/membership/members',
      'decide/membership/state',
    ],
    'decide/membership': [
      'decide/membership/auditing',
      'decide/membership/dealing',
      'decide/membership/ending',
      'decide/membership/forming',
      'decide/membership/holding',
      'decide/membership/members',
      'decide/membership/state',
      'decide/membership/stopping',
    ],
    decide: ['decide/membership', 'decide/membership/state'],
    carry: [
      'decide',
      'decide/election',
      'decide/membership/state',
      'lead.ts',
      'network-options.ts',
    ],
  },
  lockstep: {
    asking: ['screen.ts'],
    dashboard: ['command-line.ts', 'errors.ts', 'session.ts'],
    serve: ['asking'],
    'data-sources': ['errors.ts', 'given.ts', 'option-values.ts', 'screen.ts', 'wording.ts'],
    metrics: ['errors.ts', 'loopback.ts', 'screen.ts', 'watcher.ts'],
    mirror: [
      'command-line.ts',
      'errors.ts',
      'option-values.ts',
      'run-names.ts',
      'run-room.ts',
      'screen.ts',
      'session.ts',
      'store-error.ts',
      'watcher.ts',
    ],
    models: ['errors.ts', 'given.ts', 'option-values.ts'],
    replay: [
      'command-line.ts',
      'default-threads.ts',
      'ending-words.ts',
      'errors.ts',
      'given.ts',
      'new-run.ts',
      'note-kernels.ts',
      'option-values.ts',
      'options.ts',
      'origin.ts',
      'progress-line.ts',
      'recorded-data.ts',
      'reporter.ts',
      'screen.ts',
      'session.ts',
      'tensor-words.ts',
      'wording.ts',
      'writable-place.ts',
    ],
    certs: [
      ...['errors.ts', 'host-name.ts', 'option-values.ts', 'options.ts', 'session.ts'],
      ...['whole-file.ts', 'writable-place.ts'],
    ],
    // Who a process is among many, by what schedulers say: pure.
    'launch/schedulers': ['errors.ts', 'host-name.ts'],
    launch: [
      'certs',
      'cluster-options.ts',
      'coordinator.ts',
      'dashboard',
      'dataset-source.ts',
      'errors.ts',
      'given.ts',
      'go-on.ts',
      'host-name.ts',
      'launch/schedulers',
      'loopback.ts',
      'network-options.ts',
      'new-run.ts',
      'option-values.ts',
      'options.ts',
      'origin.ts',
      'resume.ts',
      'session.ts',
      'watchers.ts',
      'whose-run.ts',
      'wording.ts',
      'worker.ts',
    ],
    diff: [
      'ending-words.ts',
      'errors.ts',
      'given.ts',
      'options.ts',
      'recorded-data.ts',
      'replay',
      'reporter.ts',
      'screen.ts',
      'session.ts',
      'tensor-words.ts',
      'wording.ts',
    ],
    doctor: ['own-manifest.ts', 'screen.ts', 'wording.ts', 'writable-place.ts'],
    tensorboard: [
      'command-line.ts',
      'models',
      'optimizer-options.ts',
      'origin.ts',
      'recorded-flags.ts',
      'session.ts',
      'tensorboard-option.ts',
      'watcher.ts',
    ],
    tracing: ['errors.ts', 'option-values.ts', 'own-manifest.ts', 'screen.ts', 'watcher.ts'],
  },
  '@lockstep/browser-worker': {
    'page/crew': [],
    'page/view': ['page/crew'],
    page: ['page/crew', 'page/view'],
  },
  '@lockstep/hash': {
    pure: ['hashing.ts'],
  },
  '@lockstep/dashboard': {
    report: ['contract.ts', 'server'],
    server: ['contract.ts'],
    // What the page has heard, and from whom.
    'page/store': ['contract.ts'],
    'page/source': ['contract.ts', 'report'],
    // What stands around the tabs.
    'page/shell': ['contract.ts', 'page/store'],
    'page/chart': ['page/shell', 'page/store'],
    'page/run': ['contract.ts', 'page/chart', 'page/shell', 'page/store'],
    'page/workers': ['contract.ts', 'page/shell', 'page/store'],
    // The trained model, in a thread of its own, and what the tabs ask it.
    'page/brain': ['contract.ts'],
    'page/drawing': ['page/brain', 'page/shell'],
    'page/model': ['contract.ts', 'page/brain', 'page/drawing', 'page/shell', 'page/store'],
    'page/try': ['contract.ts', 'page/brain', 'page/drawing', 'page/shell', 'page/store'],
    page: [
      'contract.ts',
      'page/model',
      'page/run',
      'page/shell',
      'page/source',
      'page/store',
      'page/try',
      'page/workers',
      'report',
    ],
  },
  '@lockstep/worker': {
    decide: [],
    carry: ['decide'],
  },
};

/** Files that every folder of their package may import. */
const GROUND: Readonly<Record<string, readonly string[]>> = {
  '@lockstep/core': ['errors.ts', 'parts.ts', 'record.ts', 'shape.ts', 'tokens.ts'],
};

/** Where a file lies: the innermost folder that has rules, else the outermost one, or itself if it lies in none. */
function placeOf(path: string, rules: Readonly<Record<string, unknown>>): string {
  let folder = dirname(path);
  if (folder === '.') return path;
  while (!(folder in rules) && folder.includes('/')) folder = dirname(folder);
  return folder;
}

/** Of each place in a package, the other places that it imports. */
function arrowsOf(
  folder: string,
  files: readonly string[],
  rules: Readonly<Record<string, unknown>>,
): Map<string, Set<string>> {
  const source = join(folder, 'src');
  const arrows = new Map<string, Set<string>>();
  for (const file of files) {
    const from = placeOf(relative(source, file), rules);
    const targets = arrows.get(from) ?? new Set();
    arrows.set(from, targets);
    for (const specifier of importsOf(readFileSync(file, 'utf8'))) {
      if (!specifier.startsWith('.')) continue;
      const to = placeOf(relative(source, targetOf(file, specifier)), rules);
      if (to !== from) targets.add(to);
    }
  }
  return arrows;
}

describe.each(packages())('within $name', ({ name, folder, files }) => {
  const rules = FOLDERS[name] ?? {};
  const arrows = arrowsOf(folder, files, rules);
  const isFolder = (place: string): boolean => !place.endsWith('.ts');

  it('each folder imports what it may', () => {
    for (const [place, targets] of arrows) {
      if (!isFolder(place)) continue;
      expect(rules[place], `${name}: ${place} has no rule in this test`).toBeDefined();
      const allowed = [...rules[place]!, ...(GROUND[name] ?? [])];
      for (const target of targets) expect(allowed, `${place} of ${name}`).toContain(target);
    }
  });

  it('each rule is about arrows that there are', () => {
    for (const [place, allowed] of Object.entries(rules)) {
      expect(arrows.has(place), `${name} has no folder ${place}`).toBe(true);
      for (const target of allowed) {
        expect(arrows.get(place)!.has(target), `${place} of ${name} imports no ${target}`).toBe(
          true,
        );
      }
    }
  });

  it('no folders stand in a circle', () => {
    expect(findCircle(new Map([...arrows].map(([from, to]) => [from, [...to]])))).toBeUndefined();
  });
});
