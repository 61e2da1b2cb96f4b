// Objects below one prefix of a bucket, over S3's HTTP: read, written, removed; each request signed, limited in time and in what
// it may bring. It tries nothing twice: whoever asks knows what waiting costs.
// Invariant: a body that is sent carries its SHA-256 in its signature, so what a store takes is what was meant.
import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { UsageError } from '../errors.js';
import { type StoreAddress, storeAddress } from './address.js';
import { StoreError } from './manifest.js';

type Env = Readonly<Record<string, string | undefined>>;

/** One request takes so long at most: for a part of an upload that is 140 KB a second. */
const REQUEST_MS = 60_000;
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

export class ObjectStore {
  /** `s3://bucket/prefix`. */
  readonly url: string;
  readonly #base: string;
  readonly #client: AwsClient;
  readonly #requestMs: number;
  /** Of a store that does not know conditions it is learnt once. */
  #knowsConditions = true;

  private constructor(url: string, base: string, client: AwsClient, requestMs: number) {
    this.url = url;
    this.#base = base;
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
    return new ObjectStore(url, baseOf(storeAddress(url), region, env), client, requestMs);
  }

  /**
   * @param maxBytes more is refused
   * @returns undefined if nothing is there
   */
  async read(
    key: string,
    maxBytes: number,
    signal?: AbortSignal,
  ): Promise<StoredObject | undefined> {
    const response = await this.#ask('GET', key, { signal });
    if (response.status === 404 && (await faultOf(response)).code !== 'NoSuchBucket') {
      return undefined;
    }
    await this.#check(response, 'GET', key, 200);
    const bytes = await this.#body(response, key, maxBytes);
    return { bytes, tag: response.headers.get('etag') ?? undefined };
  }

  /** @returns the bytes from `first` on, `length` of them, of an object that has at least so many */
  async readPart(
    key: string,
    first: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const headers = { range: `bytes=${first}-${first + length - 1}` };
    const response = await this.#ask('GET', key, { headers, signal });
    await this.#check(response, 'GET', key, 206);
    const bytes = await this.#body(response, key, length);
    if (bytes.byteLength === length) return bytes;
    throw this.#fault(key, `it gave ${bytes.byteLength} bytes, ${length} were asked for`);
  }

  /** @returns bytes of an object; undefined if it is not there */
  async size(key: string, signal?: AbortSignal): Promise<number | undefined> {
    const response = await this.#ask('HEAD', key, { signal });
    if (response.status === 404) return undefined;
    await this.#check(response, 'HEAD', key, 200);
    return Number(response.headers.get('content-length'));
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
    const asked = this.#knowsConditions && condition ? headersOf(condition) : {};
    const response = await this.#ask('PUT', key, { body: bytes, headers: asked, signal });
    if (response.status === 412) return false;
    if (response.status === 501 && condition && this.#knowsConditions) {
      this.#knowsConditions = false;
      return this.write(key, bytes, undefined, signal);
    }
    await this.#check(response, 'PUT', key, 200);
    await response.arrayBuffer();
    return true;
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
    await this.#check(begun, 'POST', key, 200);
    const id = /<UploadId>([^<]+)<\/UploadId>/.exec(await this.#text(begun, key))?.[1];
    if (id === undefined) throw this.#fault(key, 'it began no upload in parts');
    const upload = `uploadId=${encodeURIComponent(id)}`;
    try {
      const tags: string[] = [];
      for await (const body of parts) {
        const query = `partNumber=${tags.length + 1}&${upload}`;
        const response = await this.#ask('PUT', key, { body, query, signal });
        await this.#check(response, 'PUT', key, 200);
        await response.arrayBuffer();
        tags.push(response.headers.get('etag') ?? '');
      }
      const list = tags.map(
        (tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`,
      );
      const body = new TextEncoder().encode(
        `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`,
      );
      const done = await this.#ask('POST', key, { body, query: upload, signal });
      await this.#check(done, 'POST', key, 200);
      // A store that takes its time answers 200 first, and then that it went wrong.
      const { code, message } = faultIn(await this.#text(done, key));
      if (code !== '') throw this.#fault(key, `${code}: ${message}`);
    } catch (error) {
      // What was sent of it would be kept, and paid for.
      await this.#ask('DELETE', key, { query: upload }).catch(() => undefined);
      throw error;
    }
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    const response = await this.#ask('DELETE', key, { signal });
    if (response.status === 404) return;
    await this.#check(response, 'DELETE', key, 204, 200);
  }

  async #ask(
    method: string,
    key: string,
    {
      body,
      query,
      headers,
      signal,
    }: {
      readonly body?: Uint8Array;
      readonly query?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Response> {
    const limit = AbortSignal.timeout(this.#requestMs);
    const sha256 = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    try {
      return await this.#client.fetch(`${this.#base}/${key}${query ? `?${query}` : ''}`, {
        method,
        headers: { ...headers, 'x-amz-content-sha256': sha256 },
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
        ...(body && { body: body as Uint8Array<ArrayBuffer> }),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.#fault(key, `${method}: ${reasonOf(cause, this.#requestMs)}`, { cause });
    }
  }

  async #check(
    response: Response,
    method: string,
    key: string,
    ...wanted: readonly number[]
  ): Promise<void> {
    const { status } = response;
    if (wanted.includes(status)) return;
    const { code, message } = await faultOf(response);
    const words = code === '' ? '' : ` (${code}${message === '' ? '' : `: ${message}`})`;
    throw this.#fault(key, `${method} was answered with ${status}${words}`, { status });
  }

  async #body(response: Response, key: string, maxBytes: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const piece of response.body ?? []) {
        length += piece.byteLength;
        if (length > maxBytes) break;
        pieces.push(piece);
      }
    } catch (cause) {
      throw this.#fault(key, reasonOf(cause, this.#requestMs), { cause });
    }
    if (length > maxBytes) throw this.#fault(key, `more came than ${maxBytes} bytes`);
    return Buffer.concat(pieces);
  }

  async #text(response: Response, key: string): Promise<string> {
    return new TextDecoder().decode(await this.#body(response, key, MAX_ANSWER_BYTES));
  }

  #fault(
    key: string,
    words: string,
    options?: ErrorOptions & { readonly status?: number },
  ): StoreError {
    return new StoreError(`${this.url}/${key}: ${words}`, options);
  }
}

/** Buckets stand in the path, which every store knows. @throws UsageError if the endpoint is none */
function baseOf({ bucket, prefix }: StoreAddress, region: string, env: Env): string {
  const name = env.AWS_ENDPOINT_URL_S3 ? 'AWS_ENDPOINT_URL_S3' : 'AWS_ENDPOINT_URL';
  const endpoint = env[name] || `https://s3.${region}.amazonaws.com`;
  if (!/^https?:\/\/[^/\s?#]+(\/[^\s?#]*)?$/.test(endpoint)) {
    throw new UsageError(`${name}: "${endpoint}" is no address; expected http:// or https://`);
  }
  return `${endpoint.replace(/\/+$/, '')}/${bucket}/${prefix}`;
}

function headersOf(condition: Condition): Record<string, string> {
  return 'tag' in condition ? { 'if-match': condition.tag } : { 'if-none-match': '*' };
}

async function faultOf(response: Response): Promise<{ code: string; message: string }> {
  const text = await response
    .clone()
    .text()
    .catch(() => '');
  return faultIn(text.slice(0, MAX_ANSWER_BYTES));
}

/** Of an answer in S3's XML; empty words where it says nothing of an error. */
function faultIn(text: string): { code: string; message: string } {
  if (!/<Error>/.test(text)) return { code: '', message: '' };
  const part = (name: string): string =>
    new RegExp(`<${name}>([^<]{0,300})</${name}>`).exec(text)?.[1] ?? '';
  return { code: part('Code'), message: part('Message') };
}

function reasonOf(error: unknown, requestMs: number): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `the store did not answer in ${requestMs / 1000} s`;
  // `fetch failed` says nothing.
  const below =
    cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : '';
  return `the store cannot be reached: ${below || message}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
