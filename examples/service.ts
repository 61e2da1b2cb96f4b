// A web service: a trained model behind HTTP, in Node alone.
// One learns: a model as a file, which is loaded without the code that made it, and rows that come as JSON and are prepared by the
// model itself; what is wrong with a row is said in the answer. `lockstep serve` does this, and more, without a program.
// Run it: pnpm example service
// It prints two answers to requests of its own, and ends; the exact lines stand at the end of this file.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { adam, crossEntropy, fit, linear, type NamedRow, relu, sequential } from '@lockstep/core';
import { prepare, readTable } from '@lockstep/data';
import { loadModel, saveModel } from '@lockstep/trainer';

const folder = await mkdtemp(join(tmpdir(), 'lockstep-service-'));
const file = join(folder, 'iris.safetensors');

// What somebody did before, maybe elsewhere.
const table = await readTable(new URL('../data/iris.csv', import.meta.url));
const { trained } = fit({
  model: sequential(linear(4, 16), relu(), linear(16, 3)),
  data: prepare(table, { target: 'species' }).data,
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.02 }),
  batchSize: 16,
  epochs: 30,
});
await saveModel(file, trained);

// The service.
const model = await loadModel(file);
const server = createServer(async (request, response) => {
  try {
    const rows = (await json(request)) as NamedRow[];
    response.end(JSON.stringify(model.classify(rows).map(({ label }) => label)));
  } catch (error) {
    response.writeHead(400).end(JSON.stringify({ error: (error as Error).message }));
  }
});
await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));

// Who asks.
async function ask(rows: object[]): Promise<void> {
  const { port } = server.address() as { port: number };
  const body = JSON.stringify(rows);
  const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body });
  console.log(answer.status, await answer.text());
}
const flower = { sepal_length: 6.7, sepal_width: 3, petal_length: 5.2, petal_width: 2.3 };
await ask([flower, { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }]);
await ask([{ ...flower, petal_width: 'wide' }]);

server.close();
server.closeAllConnections();
await rm(folder, { recursive: true });

/* Prints:
200 ["virginica","setosa"]
400 {"error":"classify: row 0, \"petal_width\": \"wide\" is not a finite number; expected a number, or prepare the column with oneHot if these are categories"}
*/
