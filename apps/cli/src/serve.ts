// `lockstep serve`: a trained model as a small HTTP server, on this machine alone unless it is told otherwise.
import { loadModel } from '@lockstep/trainer';
import type { Command } from 'commander';
import { checkAnswers } from './asking/answers.js';
import { modelCard } from './asking/card.js';
import { describeError, UsageError } from './errors.js';
import { givenOptions } from './given.js';
import { isLoopback, localNames } from './loopback.js';
import { givenToken, readTls } from './network-options.js';
import { nonEmpty, wholeNumber } from './option-values.js';
import { jsonOption } from './options.js';
import { Handler } from './serve/handler.js';
import { startServer } from './serve/http-server.js';
import type { Perform, Session } from './session.js';

interface ServeFlags {
  readonly host: string;
  readonly port: number;
  readonly maxBody: number;
  readonly maxPixels: number;
  readonly maxBatch: number;
  readonly maxWaiting: number;
  readonly timeoutMs: number;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure: boolean;
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  $ lockstep serve runs/2026-11-23T09-41-00Z-mnist-mlp
  $ curl --data-binary @digit.png http://127.0.0.1:8080/predict
  $ curl -d '{"sepal length": 5.1, "sepal width": 3.5}' http://127.0.0.1:8080/predict
  $ lockstep serve iris.safetensors --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem --token-file token

POST /predict takes JSON (a row of numbers, an object of named columns, or a list of these), CSV (text/csv), or a PNG or
JPEG, and answers { predictions: [{ label, index, probabilities } or { values }] }. GET /model is the model's card, GET
/health says that it lives. Requests that arrive together are computed together. See docs/predict.md.`;

/** Adds the command to a program; `perform` runs what it does. */
export function addServeCommand(program: Command, perform: Perform): void {
  const command = program
    .command('serve')
    .description('a trained model as a small HTTP server')
    .argument('<run|file>', "a run's folder, a model's file, or a checkpoint")
    .optionsGroup('Network:')
    .option('--host <host>', 'the address to listen on', nonEmpty, '127.0.0.1')
    .option('--port <n>', 'the port; 0 takes a free one', wholeNumber(0, 65_535), 8080)
    .option(
      '--token-file <file>',
      'a token that requests must carry; else LOCKSTEP_TOKEN',
      nonEmpty,
    )
    .option('--tls-cert <file>', 'serve https:// with this certificate', nonEmpty)
    .option('--tls-key <file>', 'its private key', nonEmpty)
    .option('--insecure', 'listen beyond this machine without TLS', false)
    .optionsGroup('Limits:')
    .option('--max-body <bytes>', 'of a request', wholeNumber(1, 2 ** 30), 10_000_000)
    .option('--max-pixels <n>', 'of a picture', wholeNumber(1), 16_000_000)
    .option('--max-batch <n>', 'samples that are computed at once', wholeNumber(1, 65_536), 256)
    .option(
      '--max-waiting <n>',
      'requests that wait; more are told to come back',
      wholeNumber(1, 65_536),
      256,
    )
    .option('--timeout-ms <n>', 'for a request to come whole', wholeNumber(100, 3_600_000), 30_000)
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES);
  command.action((source: string) => {
    const { flags } = givenOptions<ServeFlags>(command);
    return perform((session) => serve(flags, source, session));
  });
}

async function serve(flags: ServeFlags, source: string, session: Session): Promise<void> {
  const { host, port, insecure } = flags;
  const { screen, signal } = session;
  const token = await givenToken(flags, session.env);
  const { pair: tls } = await readTls(flags);
  const isLocal = isLoopback(host);
  if (!isLocal && token === undefined) {
    throw new UsageError(
      `--host ${host}: whoever reaches this machine could ask the model; give a token that requests must carry, by --token-file or LOCKSTEP_TOKEN`,
    );
  }
  if (!isLocal && !tls && !insecure) {
    throw new UsageError(
      `--host ${host}: without TLS the token and what is asked can be read on the way; give --tls-cert and --tls-key, or --insecure if something else protects the way`,
    );
  }
  const trained = await loadModel(source);
  checkAnswers(trained, 'serve');
  const handler = new Handler(trained, {
    card: await modelCard(trained),
    waiting: flags.maxWaiting,
    samples: flags.maxBatch,
    pixels: flags.maxPixels,
    bytes: flags.maxBody,
    token,
    hosts: isLocal && token === undefined ? localNames(host) : undefined,
    schedule: setImmediate,
    onFault: (error) => screen.error(describeError(error).message),
  });
  signal.throwIfAborted();
  const server = await startServer(handler, {
    ...{ host, port, tls, bodyBytes: flags.maxBody, timeoutMs: flags.timeoutMs },
  });
  session.markBegun();
  const { url } = server;
  session.reporter.report({
    event: 'listening',
    time: session.now().toISOString(),
    url,
    urls: [url],
  });
  try {
    await Promise.race([aborted(signal), server.failed]);
  } finally {
    screen.note('answering what has come, then ending');
    await server.stop();
  }
}

/** Being asked to stop is how a server ends. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
