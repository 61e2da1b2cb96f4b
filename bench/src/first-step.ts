// What start-up is measured on: a whole program of a user, that says so when its first step is committed. Its word is which
// kernels compute.
import { adam, crossEntropy, flatten, linear, relu, sequential } from '@lockstep/core';
import { loadMnist } from '@lockstep/data';
import { type KernelsChoice, train } from '@lockstep/trainer';

const run = train({
  model: sequential(flatten(), linear(784, 128), relu(), linear(128, 64), relu(), linear(64, 10)),
  data: await loadMnist({ name: 'mnist', offline: true }),
  loss: crossEntropy(),
  optimizer: adam(),
  kernels: process.argv[2] as KernelsChoice,
});
const poll = setInterval(() => {
  if ((run.progress()?.step ?? 0) < 1) return;
  clearInterval(poll);
  process.stdout.write('first step\n');
}, 1);
await run.result();
