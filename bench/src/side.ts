// The process of one contender that runs in Node: `node side.js NAME`, for ours with the kernels behind it, then commands on stdin.
// A peer is imported only here and only by its name, so one that cannot be loaded fails alone.
import { createInterface } from 'node:readline';
import type { Kernels } from './kernels.js';
import { peakResidentBytes } from './peak-resident.js';
import type { Command, Replies, Side } from './protocol.js';

type MakeSide = (kernels: Kernels) => Promise<Side>;

const SIDES: Readonly<Record<string, MakeSide>> = {
  lockstep: async (kernels) => (await import('./peers/lockstep.js')).lockstepSide(kernels),
  'lockstep-answer': async () => (await import('./peers/lockstep-answer.js')).lockstepAnswerSide(),
  'lockstep-cluster': async (kernels) =>
    (await import('./peers/lockstep-cluster.js')).lockstepClusterSide(kernels),
  'lockstep-mpi': async (kernels) =>
    (await import('./peers/lockstep-cluster.js')).lockstepMpiSide(kernels),
  'tfjs-wasm': async () => (await import('./peers/tensorflow.js')).tensorflowSide('wasm'),
  'tfjs-cpu': async () => (await import('./peers/tensorflow.js')).tensorflowSide('cpu'),
  'jax-js': async () => {
    // It looks for WebGPU in `navigator`, which Node 20 does not have.
    globalThis.navigator ??= {} as Navigator;
    return (await import('./peers/jax.js')).jaxSide();
  },
  'brain.js': async () => (await import('./peers/brain.js')).brainSide(),
};

// Stdout carries replies alone, whatever a library wants to say.
console.log = console.error;
console.info = console.error;

async function answer(side: Side, command: Command): Promise<Replies[Command['do']]> {
  switch (command.do) {
    case 'prepare':
      return side.prepare(command.assignment);
    case 'learn':
      return side.learn(command.steps);
    case 'run':
      return side.run(command.steps);
    case 'answer':
      if (!side.answer) throw new Error('side: it only trains');
      return side.answer(command.rows, command.calls);
    case 'exit':
      await side.close();
      return { peakBytes: peakResidentBytes() };
  }
}

async function serve(name: string, kernels: Kernels): Promise<void> {
  const make = SIDES[name];
  if (!make) throw new Error(`side: no "${name}"; expected ${Object.keys(SIDES).join(', ')}`);
  let side: Side | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as Command;
    let reply: object;
    try {
      side ??= await make(kernels);
      reply = await answer(side, command);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    await new Promise<void>((done) =>
      process.stdout.write(`${JSON.stringify(reply)}\n`, () => done()),
    );
    if (command.do === 'exit') break;
  }
  process.exit(0);
}

await serve(process.argv[2] ?? '', process.argv[3] as Kernels);
