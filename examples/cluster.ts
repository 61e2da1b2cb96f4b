// A cluster in a program: a coordinator and two workers, which could be two machines.
// One learns: `coordinate`, which owns the run, `work`, which computes for it, and that both come to the bits of one machine.
// On other machines a worker is `lockstep worker URL`, or these two lines. Run it: pnpm example cluster
// It prints who computed and the hash of the weights, twice; the exact lines stand at the end of this file.
import { coordinate } from '@lockstep/coordinator';
import { adam, linear, meanSquaredError, relu, sequential } from '@lockstep/core';
import { prepare, readTable, split, standardise } from '@lockstep/data';
import { train } from '@lockstep/trainer';
import { work } from '@lockstep/worker';

const table = await readTable(new URL('../data/houses.csv', import.meta.url));
const { data } = prepare(split(table, { test: 0.2 }), {
  target: standardise('price'),
  missing: 'mean',
});
const options = {
  ...{ model: sequential(linear(7, 16), relu(), linear(16, 1)), data },
  ...{ loss: meanSquaredError(), optimizer: adam({ learningRate: 0.01 }) },
  ...{ epochs: 5, batchSize: 32, shards: 4 },
};

const token = 'whoever has it may join';
const workers: Promise<unknown>[] = [];
let members: readonly string[] = [];
// Port 0 takes a free one; on several machines `host` says where others reach this one.
const run = coordinate({ ...options, port: 0, token, minWorkers: 2 });
for await (const event of run) {
  if (event.event === 'listening') {
    for (const name of ['ada', 'bob']) {
      workers.push(work(event.url, { name, token, threads: 1 }).result());
    }
  }
  if (event.event === 'generation') members = event.members;
}
const { weightsHash, trained } = await run.result();
await Promise.all(workers);
console.log(`computed by ${[...members].sort().join(' and ')}`);
console.log(`cluster ${weightsHash}`);

const alone = await train({ ...options, threads: 1 }).result();
console.log(`alone   ${alone.weightsHash}`);

// The trained model knows the columns; workers never did.
const [price] = trained.predict([{ area: 120, rooms: 4, built: 1980, district: 'hill' }]);
console.log(`a house on the hill: ${price!.toFixed(0)}`);

/* Prints:
computed by ada and bob
cluster ea022c583bbde007d293634836551c1fe7b4228025908268c6e3313b2b3f6131
alone   ea022c583bbde007d293634836551c1fe7b4228025908268c6e3313b2b3f6131
a house on the hill: 418
*/
