// What the site has, in which order: pages by the path of their document, from the repository's root. A document of docs/ that is
// named nowhere here stands at the end of its own accord, so that none is lost.

/** Documents that are pages under another name than docs/NAME.md is. */
export const NAMED = {
  'README.md': 'start.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'reporting.md',
};

/** Groups of the sidebar. */
export const GROUPS = [
  { text: 'Learn', items: ['README.md', 'docs/course.md'] },
  {
    text: 'Data',
    items: ['docs/data.md', 'docs/pictures.md', 'docs/text.md'],
  },
  {
    text: 'Networks and training',
    items: [
      'docs/models.md',
      'docs/sequences.md',
      'docs/attention.md',
      'docs/training.md',
      'docs/stopping.md',
      'docs/watching.md',
    ],
  },
  {
    text: 'What was trained',
    items: ['docs/model-file.md', 'docs/predict.md', 'docs/exports.md'],
  },
  {
    text: 'Many machines',
    items: ['docs/launching.md', 'docs/mpi.md', 'docs/browser-workers.md'],
  },
  {
    text: 'In programs',
    items: ['docs/bundling.md', 'docs/errors.md', 'docs/events.md'],
  },
  {
    text: 'How it works',
    items: [
      'docs/design.md',
      'docs/native.md',
      'docs/protocol.md',
      'docs/security.md',
      'docs/benchmarks.md',
      'docs/decisions/index.md',
    ],
  },
  { text: 'The house', items: ['CONTRIBUTING.md', 'SECURITY.md'] },
];

/** Packages whose API is shown, by what they are for. */
export const API = {
  'packages/core': 'networks, gradients, losses, metrics, optimizers; training on one thread',
  'packages/data': 'datasets, tables and their preparation, pictures, text',
  'packages/trainer': 'training on every core, checkpoints, runs in folders',
  'apps/coordinator': 'a run on many machines',
  'apps/worker': 'a machine that computes for a run',
  'packages/transport': 'links, and transports of your own',
  'packages/formats': 'safetensors, npz, ONNX',
  'packages/kernels': 'the contract of backends',
};
