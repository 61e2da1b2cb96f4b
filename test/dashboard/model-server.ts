// A server of the dashboard's page for tests: the page as it is built, under a strict Content-Security-Policy, and runs that a
// test makes up, by the contract (apps/dashboard/src/contract.ts).
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Dataset, encodeModel, type TrainedModel } from '@lockstep/core';
import type { DatasetInfo, Message, RunInfo } from '@lockstep/dashboard';
import { encodeSafetensors, type StoredTensor } from '@lockstep/formats';

const PAGE = join(dirname(fileURLToPath(import.meta.url)), '../../apps/dashboard/dist/page');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'";
export const TOKEN = 'a-token-of-the-test';

/** A run with a model and a dataset. */
export interface ServedRun {
  readonly id: string;
  readonly trained: TrainedModel;
  readonly data: Dataset;
  /** By the parameters' names, as safetensors. */
  readonly gradients?: Uint8Array;
  readonly isLive?: boolean;
}

export interface PageServer {
  /** Where the page of a tab of a run is. */
  url(tab: string, run: string): string;
  /** A newer model of a run. */
  publish(run: string, trained: TrainedModel, step: number): void;
  close(): Promise<void>;
}

export async function servePage(given: readonly ServedRun[]): Promise<PageServer> {
  const models = new Map(given.map(({ id, trained }) => [id, { step: 100, trained }]));
  const streams = new Set<ServerResponse>();
  const runs = given.map(toInfo);
  const tell = (stream: ServerResponse, message: Message): void => {
    stream.write(`${JSON.stringify(message)}\n`);
  };
  const server = createServer(({ url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://page');
    const send = (status: number, type: string, body: string | Uint8Array, step?: number): void => {
      const extra = step === undefined ? {} : { 'x-step': String(step) };
      response
        .writeHead(status, { 'content-type': type, 'content-security-policy': POLICY, ...extra })
        .end(body);
    };
    if (!pathname.startsWith('/api/')) {
      const file = normalize(pathname === '/' ? '/index.html' : pathname);
      try {
        send(
          200,
          TYPES[extname(file)] ?? 'application/octet-stream',
          readFileSync(join(PAGE, file)),
        );
      } catch {
        send(404, 'text/plain', 'not found');
      }
      return;
    }
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      send(401, 'application/json', JSON.stringify({ code: 'refused', message: 'no token' }));
      return;
    }
    if (pathname === '/api/stream') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      streams.add(response);
      response.on('close', () => streams.delete(response));
      tell(response, { type: 'runs', runs });
      for (const { id } of runs) {
        tell(response, { type: 'history', run: id, events: [], samples: [] });
        tell(response, { type: 'model', run: id, step: models.get(id)!.step });
      }
      return;
    }
    const [, , , id = '', what] = pathname.split('/');
    const run = given.find((one) => one.id === id);
    const model = models.get(id);
    if (!run || !model) send(404, 'application/json', '{"code":"config","message":"no such run"}');
    else if (what === 'model') {
      send(200, 'application/octet-stream', encodeModel(model.trained), model.step);
    } else if (what === 'gradients' && run.gradients) {
      send(200, 'application/octet-stream', run.gradients, model.step);
    } else if (what === 'samples') {
      const [first, count] = ['first', 'count'].map((name) => Number(searchParams.get(name)));
      send(200, 'application/octet-stream', samplesOf(run.data, first!, count!));
    } else send(404, 'application/json', '{"code":"config","message":"there is none"}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: (tab, run) => `http://127.0.0.1:${port}/#token=${TOKEN}&tab=${tab}&run=${run}`,
    publish(run, trained, step) {
      models.set(run, { step, trained });
      for (const stream of streams) tell(stream, { type: 'model', run, step });
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export function toInfo({ id, data, isLive = false }: ServedRun): RunInfo {
  return {
    ...{ id, name: id, folder: null, command: 'train', isLive, config: {} },
    can: { stop: false, checkpoint: false, dropWorker: false },
    datasets: [datasetInfo(data)],
  };
}

function datasetInfo(data: Dataset): DatasetInfo {
  const { samples, inputShape, inputDivisor, targetShape } = data;
  return {
    ...{ name: 'test', samples, inputShape, inputDivisor, targetShape },
    inputType:
      data.inputs instanceof Uint8Array
        ? 'uint8'
        : data.inputs instanceof Int32Array
          ? 'int32'
          : 'float32',
    classes: data.classes ?? null,
    classNames: data.classNames ?? null,
    vocabulary: data.vocabulary ?? null,
  };
}

export function samplesOf(data: Dataset, first: number, count: number): Uint8Array {
  const end = Math.min(data.samples, first + count);
  const rows = (values: Dataset['inputs'], shape: readonly number[]): StoredTensor => {
    const size = shape.reduce((all, length) => all * length, 1);
    const part = values.slice(first * size, end * size);
    const dtype = part instanceof Uint8Array ? 'U8' : part instanceof Int32Array ? 'I32' : 'F32';
    return { dtype, shape: [end - first, ...shape], data: part } as StoredTensor;
  };
  return Buffer.concat(
    encodeSafetensors(
      new Map([
        ['inputs', rows(data.inputs, data.inputShape)],
        ['targets', rows(data.targets, data.targetShape)],
      ]),
    ),
  );
}
