// Objects below one prefix of a bucket, over S3's HTTP: read, written, removed; each request signed, limited in time and in what
// it may bring. It tries nothing twice: whoever asks knows what waiting costs.
// Invariant: a body that is sent carries its SHA-256 in its signature, so what a store takes is what was meant; and whoever asks is
// free when the time is over or they stop, whatever the store does.
import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { UsageError } from '../errors.js';
import { StoreError, type StoreErrorOptions } from '../store-error.js';
import { storeAddress } from './address.js';

type Env = Readonly<Record<string, string | undefined>>;

/** One request takes so long at most: for a part of an upload that is 140 KB a second. */
const REQUEST_MS = 60_000;
/** An upload that is given up is told to the store, and not waited for. */
const GIVE_UP_MS = 2000;
/** A larger file goes and comes in parts of this size; S3 takes no smaller ones but the last. */
export const PART_BYTES = 8 * 1024 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024;

/** When an object may be written: if nothing is there, or what is there has this tag. */
export type Condition = { readonly isAbsent: true } | { readonly tag: string };

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Of what it holds, as the store calls it; undefined of stores that have none. */
  readonly tag: string | undefined;
}

/** For how long whoever asks waits. */
export interface Patience {
  readonly signal?: AbortSignal | undefined;
  /** Default, and at most: what one request may take. */
  readonly limitMs?: number | undefined;
}

interface Question extends Patience {
  readonly body?: Uint8Array;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that whoever asks knows what to do with; any other is an error. Default: 200. */
  readonly wanted?: readonly number[];
  /** More is refused. */
  readonly maxBytes?: number;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export class ObjectStore {
  /** `s3://bucket/prefix`. */
  readonly url: string;
  readonly #endpoint: string;
  readonly #base: string;
  readonly #client: AwsClient;
  readonly #requestMs: number;
  /** Of a store that does not know conditions it is learnt once. */
  #knowsConditions = true;

  private constructor(url: string, endpoint: string, client: AwsClient, requestMs: number) {
    const { bucket, prefix } = storeAddress(url);
    this.url = url;
    this.#endpoint = endpoint;
    // Buckets stand in the path, which every store knows.
    this.#base = `${endpoint}/${bucket}/${prefix}`;
    this.#client = client;
    this.#requestMs = requestMs;
  }

  /**
   * @param env the usual variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; AWS_REGION; and
   *   AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL for another store than Amazon's
   * @throws UsageError if there are none to sign with, or the endpoint is none
   */
  static open(url: string, env: Env, requestMs = REQUEST_MS): ObjectStore {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
    if (!accessKeyId || !secretAccessKey) {
      throw new UsageError(
        `${url}: there is nothing to sign requests with; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      );
    }
    const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
    const sessionToken = env.AWS_SESSION_TOKEN;
    const client = new AwsClient({
      ...{ accessKeyId, secretAccessKey, service: 's3', region, retries: 0 },
      ...(sessionToken && { sessionToken }),
    });
    return new ObjectStore(url, endpointOf(region, env), client, requestMs);
  }

  /**
   * @param maxBytes more is refused
   * @returns undefined if nothing is there
   */
  async read(
    key: string,
    maxBytes: number,
    patience: Patience = {},
  ): Promise<StoredObject | undefined> {
    const answer = await this.#ask('GET', key, { ...patience, maxBytes, wanted: [200, 404] });
    const { status, bytes, headers } = answer;
    if (status === 200) return { bytes, tag: headers.get('etag') ?? undefined };
    if (faultIn(textOf(bytes)).code === 'NoSuchBucket') throw this.#unwanted('GET', key, answer);
    return undefined;
  }

  /** @returns the bytes from `first` on, `length` of them, of an object that has at least so many */
  async readPart(
    key: string,
    first: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const headers = { range: `bytes=${first}-${first + length - 1}` };
    const asked = { headers, wanted: [206], maxBytes: length, signal };
    const { bytes } = await this.#ask('GET', key, asked);
    if (bytes.byteLength === length) return bytes;
    const words = `it gave ${bytes.byteLength} bytes, ${length} were asked for`;
    throw this.#fault(key, words, { isDamaged: true });
  }

  /** @returns bytes of an object; undefined if it is not there */
  async size(key: string, signal?: AbortSignal): Promise<number | undefined> {
    const { status, headers } = await this.#ask('HEAD', key, { wanted: [200, 404], signal });
    return status === 404 ? undefined : Number(headers.get('content-length'));
  }

  /**
   * @returns false if the condition does not hold
   * @throws StoreError, after which it may have been written all the same
   */
  async write(
    key: string,
    bytes: Uint8Array,
    condition?: Condition,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const isAsked = this.#knowsConditions && condition !== undefined;
    const { status } = await this.#ask('PUT', key, {
      ...{ body: bytes, headers: isAsked ? headersOf(condition) : {}, signal },
      wanted: isAsked ? [200, 412, 501] : [200, 412],
    });
    if (status !== 501) return status === 200;
    this.#knowsConditions = false;
    return this.write(key, bytes, undefined, signal);
  }

  /**
   * @param parts of PART_BYTES each, but the last
   */
  async writeInParts(
    key: string,
    parts: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void> {
    const begun = await this.#ask('POST', key, { query: 'uploads=', signal });
    const id = /<UploadId>([^<]+)<\/UploadId>/.exec(textOf(begun.bytes))?.[1];
    if (id === undefined) throw this.#fault(key, 'it began no upload in parts');
    const upload = `uploadId=${encodeURIComponent(id)}`;
    try {
      const tags: string[] = [];
      for await (const body of parts) {
        const query = `partNumber=${tags.length + 1}&${upload}`;
        const { headers } = await this.#ask('PUT', key, { body, query, signal });
        tags.push(headers.get('etag') ?? '');
      }
      const list = tags.map(
        (tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`,
      );
      const body = new TextEncoder().encode(
        `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`,
      );
      const done = await this.#ask('POST', key, { body, query: upload, signal });
      // A store that takes its time answers 200 first, and then that it went wrong.
      const { code, message } = faultIn(textOf(done.bytes));
      if (code !== '') throw this.#fault(key, `${code}: ${message}`);
    } catch (error) {
      // What was sent of it would be kept, and paid for.
      const given = { query: upload, wanted: [204, 200], limitMs: GIVE_UP_MS };
      await this.#ask('DELETE', key, given).catch(() => undefined);
      throw error;
    }
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    await this.#ask('DELETE', key, { wanted: [204, 200, 404], signal });
  }

  async #ask(method: string, key: string, question: Question): Promise<Answer> {
    const { signal, wanted = [200] } = question;
    const limitMs = Math.min(question.limitMs ?? this.#requestMs, this.#requestMs);
    const store = `the store at ${this.#endpoint}`;
    const late = (): StoreError => {
      const words = `${method}: ${store} gave no whole answer in ${limitMs / 1000} s`;
      return this.#fault(key, words, { isLate: true });
    };
    const exchange = (stop: AbortSignal): Promise<Answer> =>
      this.#exchange(method, key, question, stop);
    const answer = await inTime(exchange, { limitMs, signal, late }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      if (cause instanceof StoreError) throw cause;
      throw this.#fault(key, `${method}: ${store} ${reasonOf(cause)}`, { cause });
    });
    if (wanted.includes(answer.status)) return answer;
    throw this.#unwanted(method, key, answer);
  }

  async #exchange(
    method: string,
    key: string,
    { body, query, headers: more, wanted = [200], maxBytes = MAX_ANSWER_BYTES }: Question,
    signal: AbortSignal,
  ): Promise<Answer> {
    const sha256 = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const response = await this.#client.fetch(`${this.#base}/${key}${query ? `?${query}` : ''}`, {
      ...{ method, signal, headers: { ...more, 'x-amz-content-sha256': sha256 } },
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    });
    const { status, headers } = response;
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of response.body ?? []) {
      length += piece.byteLength;
      pieces.push(piece);
      if (length <= maxBytes) continue;
      if (wanted.includes(status)) throw this.#fault(key, `more came than ${maxBytes} bytes`);
      break;
    }
    return { status, headers, bytes: Buffer.concat(pieces) };
  }

  #unwanted(method: string, key: string, { status, bytes }: Answer): StoreError {
    const { code, message } = faultIn(textOf(bytes));
    const words = code === '' ? '' : ` (${code}${message === '' ? '' : `: ${message}`})`;
    return this.#fault(key, `${method} was answered with ${status}${words}`, { status });
  }

  #fault(key: string, words: string, options?: StoreErrorOptions): StoreError {
    return new StoreError(`${this.url}/${key}: ${words}`, options);
  }
}

interface TimeLimit extends Required<Patience> {
  /** What it comes to when it takes longer. */
  readonly late: () => Error;
}

/**
 * Does something that takes so long at most. Whoever waits does not depend on whether it can be stopped: a request of `fetch` may
 * have lost its signal to the garbage collector.
 *
 * @throws what `late` gives if it takes longer; the signal's reason if it was aborted
 */
async function inTime<T>(
  work: (stop: AbortSignal) => Promise<T>,
  { limitMs, signal, late }: TimeLimit,
): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(late()), limitMs);
  const leave = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', leave);
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason));
  });
  try {
    return await Promise.race([stopped, work(stop.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', leave);
  }
}

/** @throws UsageError if it is none */
function endpointOf(region: string, env: Env): string {
  const name = env.AWS_ENDPOINT_URL_S3 ? 'AWS_ENDPOINT_URL_S3' : 'AWS_ENDPOINT_URL';
  const endpoint = env[name] || `https://s3.${region}.amazonaws.com`;
  if (!/^https?:\/\/[^/\s?#]+(\/[^\s?#]*)?$/.test(endpoint)) {
    throw new UsageError(`${name}: "${endpoint}" is no address; expected http:// or https://`);
  }
  return endpoint.replace(/\/+$/, '');
}

function headersOf(condition: Condition): Record<string, string> {
  return 'tag' in condition ? { 'if-match': condition.tag } : { 'if-none-match': '*' };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, MAX_ANSWER_BYTES));
}

/** Of an answer in S3's XML; empty words where it says nothing of an error. */
function faultIn(text: string): { code: string; message: string } {
  if (!/<Error>/.test(text)) return { code: '', message: '' };
  const part = (name: string): string =>
    new RegExp(`<${name}>([^<]{0,300})</${name}>`).exec(text)?.[1] ?? '';
  return { code: part('Code'), message: part('Message') };
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  // `fetch failed` says nothing.
  const below =
    cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : '';
  return `cannot be reached: ${below || message}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
