// What a request is answered with: method, path, headers and body in, status and JSON out. No sockets here.
// Invariant: whatever is sent, the answer is JSON, with `error` { code, message } where something is wrong with it.
import { createHash, timingSafeEqual } from 'node:crypto';
import { LockstepError, type TrainedModel } from '@lockstep/core';
import { type Answer, answersTo, type Inputs, inputSize } from '../asking/answers.js';
import type { ModelCard } from '../asking/card.js';
import { isPicture, jsonSamples, samplesOf, unpacked } from '../asking/samples.js';
import { Batcher, type BatchLimits, BusyError } from './batcher.js';

export interface Request {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Read when it is wanted: a request that is refused for its head is not read. */
  body(): Promise<Uint8Array>;
}

export interface Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

export interface HandlerOptions extends BatchLimits {
  readonly card: ModelCard;
  /** Most pixels of a picture. */
  readonly pixels: number;
  /** Most bytes of a body that came packed. */
  readonly bytes: number;
  /** That requests must carry; undefined where nobody needs one. */
  readonly token: string | undefined;
  /** Names that the server goes by, without ports; undefined takes every one. */
  readonly hosts: readonly string[] | undefined;
  schedule(work: () => void): void;
  /** Told of what should not happen, and is answered by 500. */
  onFault(error: unknown): void;
}

/** A request that cannot be answered as it is. */
export class RequestError extends LockstepError {
  readonly status: number;
  /** What the answer says as its code. */
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    reason: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super('wire', message);
    this.status = status;
    this.reason = reason;
    this.headers = headers;
  }
}

const ALLOWED: Readonly<Record<string, string>> = {
  '/': 'GET',
  '/model': 'GET',
  '/health': 'GET',
  '/predict': 'POST',
};

/** Codes of errors that are about what was sent. */
const INPUT_CODES = ['config', 'data', 'shape', 'format', 'non-finite'];

export class Handler {
  readonly #trained: TrainedModel;
  readonly #options: HandlerOptions;
  readonly #batcher: Batcher<Answer>;
  #answered = 0;

  constructor(trained: TrainedModel, options: HandlerOptions) {
    this.#trained = trained;
    this.#options = options;
    this.#batcher = new Batcher({
      waiting: options.waiting,
      samples: options.samples,
      schedule: options.schedule,
      sampleSize: inputSize(trained),
      compute: (inputs) => answersTo(trained, inputs),
    });
  }

  /** Never throws. */
  async answer(request: Request): Promise<Response> {
    try {
      return await this.#answer(request);
    } catch (error) {
      const response = refusal(error);
      if (response.status === 500) this.#options.onFault(error);
      return response;
    }
  }

  async #answer(request: Request): Promise<Response> {
    this.#checkHead(request);
    const path = request.url.replace(/\?.*$/s, '');
    const allowed = ALLOWED[path];
    if (allowed === undefined) {
      const paths = Object.entries(ALLOWED).map(([known, method]) => `${method} ${known}`);
      throw new RequestError(
        404,
        'not-found',
        `there is no ${path.slice(0, 80)}; there are ${paths.join(', ')}`,
      );
    }
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (method !== allowed) {
      throw new RequestError(405, 'method', `${path} takes ${allowed}, got ${request.method}`, {
        allow: allowed,
      });
    }
    if (path === '/health') {
      const { waiting, batches } = this.#batcher;
      return { status: 200, body: { status: 'ok', answered: this.#answered, batches, waiting } };
    }
    if (path !== '/predict') return { status: 200, body: this.#options.card };
    if (this.#batcher.waiting >= this.#options.waiting) throw new BusyError(this.#batcher.waiting);
    const inputs = await this.#inputsOf(request);
    const predictions = await this.#batcher.ask(inputs);
    this.#answered++;
    return { status: 200, body: { predictions } };
  }

  async #inputsOf(request: Request): Promise<Inputs> {
    const { headers } = request;
    const type = (one(headers['content-type']) ?? '').replace(/;.*$/s, '').trim().toLowerCase();
    const coding = one(headers['content-encoding'])?.trim().toLowerCase() ?? 'identity';
    if (!['identity', 'gzip', 'x-gzip'].includes(coding)) {
      throw new RequestError(
        415,
        'content-encoding',
        `the body is packed by ${coding}; expected gzip, or no content-encoding`,
      );
    }
    const bytes = unpacked(await request.body(), 'body', this.#options.bytes);
    if (bytes.length === 0) {
      throw new RequestError(400, 'data', 'the body is empty; expected JSON rows, or a picture');
    }
    if (isPicture(bytes) || type === 'text/csv' || type.startsWith('image/')) {
      const { inputs } = await samplesOf(this.#trained, bytes, 'body', this.#options);
      return inputs;
    }
    if (
      !['', 'application/json', 'application/x-www-form-urlencoded', 'text/plain'].includes(type)
    ) {
      throw new RequestError(
        415,
        'content-type',
        `the body is ${type}; expected application/json, text/csv, image/png or image/jpeg`,
      );
    }
    return jsonSamples(this.#trained, parsed(bytes), 'body');
  }

  /** @throws RequestError if the request is not for this server, or not from somebody who may ask it */
  #checkHead({ headers }: Request): void {
    const { hosts, token } = this.#options;
    const host = one(headers.host)?.replace(/:\d+$/, '').toLowerCase();
    // A page of another site can name itself as this machine, and would then read what is answered.
    if (hosts && (host === undefined || !hosts.includes(host))) {
      throw new RequestError(
        403,
        'host',
        `the request is for the host ${host ?? '(none)'}; expected ${hosts.join(' or ')}`,
      );
    }
    if (token === undefined) return;
    const given = /^Bearer\s+(.*)$/i.exec(one(headers.authorization) ?? '')?.[1]?.trim() ?? '';
    if (timingSafeEqual(digest(given), digest(token))) return;
    throw new RequestError(401, 'token', 'expected the header "authorization: Bearer TOKEN"', {
      'www-authenticate': 'Bearer',
    });
  }
}

/** What an error is answered with. */
export function refusal(error: unknown): Response {
  if (error instanceof RequestError) {
    return fault(error.status, error.reason, error.message, error.headers);
  }
  if (error instanceof BusyError) {
    return fault(503, 'busy', error.message, { 'retry-after': '1' });
  }
  if (error instanceof LockstepError && INPUT_CODES.includes(error.code)) {
    return fault(400, error.code, error.message);
  }
  return fault(500, 'internal', 'the server failed; what it wrote to stderr says why');
}

function fault(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return { status, headers, body: { error: { code, message } } };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RequestError(400, 'json', `the body is no JSON: ${(cause as Error).message}`);
  }
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
