// A program that somebody bundles: it trains on two threads and prints the weights' hash. Its argument is the threads' file, where
// that does not lie beside the bundle as thread.js.
import { pathToFileURL } from 'node:url';
import { adam, crossEntropy, linear, relu, sequential } from '@lockstep/core';
import { setThreadFile, train } from '@lockstep/trainer';

const samples = 64;
const dataset = {
  name: 'stripes',
  samples,
  inputShape: [4],
  inputs: Float32Array.from({ length: 4 * samples }, (_, i) => ((i * 37) % 17) / 17),
  inputDivisor: 1,
  targetShape: [],
  targets: Int32Array.from({ length: samples }, (_, i) => i % 3),
  classes: 3,
};

async function main(): Promise<void> {
  const [file] = process.argv.slice(2);
  if (file !== undefined) setThreadFile(pathToFileURL(file));
  const run = train({
    model: sequential(linear(4, 8), relu(), linear(8, 3)),
    data: { train: dataset },
    loss: crossEntropy(),
    optimizer: adam(),
    epochs: 2,
    batchSize: 32,
    shards: 2,
    threads: 2,
  });
  console.log((await run.result()).weightsHash);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
