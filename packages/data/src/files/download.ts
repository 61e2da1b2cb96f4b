// One file over HTTP(S) onto the disk: resumed where an earlier attempt stopped, limited in size and
// time, checked, and published in one rename.
// Invariant: `file` only ever appears whole and verified. Whatever goes wrong with resuming (the
// server ignores the range, the file has changed, the sum does not fit) ends in one clean start from
// the first byte; `verify` decides, not the server's word.
// Not here: what the right bytes are, and which mirrors exist (mnist.ts, sources.ts).
import type { FileHandle } from 'node:fs/promises';
import { LockstepError } from '@lockstep/core';
import { leavePart, openPart, publishPart, removePart } from './partfile.js';

/** A download that did not work; `retryable` says whether the same URL may answer better next time. */
export class DownloadError extends LockstepError {
  readonly retryable: boolean;
  constructor(message: string, retryable: boolean, options?: ErrorOptions) {
    super('download', message, options);
    this.retryable = retryable;
  }
}

/** How far a download has come. */
export interface DownloadProgress {
  readonly url: string;
  /** Bytes of the file that are here, resumed ones included. */
  readonly receivedBytes: number;
  /** Undefined where the server does not tell. */
  readonly totalBytes: number | undefined;
}

export interface DownloadOptions {
  /** The same file, in order of preference. */
  readonly urls: readonly string[];
  /** Where it goes; an existing file is replaced. Its folder must exist. */
  readonly file: string;
  /** A larger file is refused, by its announced length or while it comes. */
  readonly maxBytes: number;
  /** Throws if the bytes at `path` are not the right ones. */
  readonly verify: (path: string) => Promise<void>;
  /** For one attempt; 10 minutes unless given. */
  readonly totalTimeoutMs?: number;
  /** Without a single byte; 30 seconds unless given. */
  readonly idleTimeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

const ATTEMPTS_PER_URL = 2;
// Answers that may be different a moment later (RFC 9110, RFC 6585); others stand.
const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The part being written. */
interface Part {
  readonly handle: FileHandle;
  bytes: number;
  /** Whether some of its bytes are from another response than the last. */
  resumed: boolean;
  /** The ETag that its bytes came with. */
  validator: string | undefined;
  /** Its bytes were decoded on the way, so a server's ranges do not count in them. */
  decoded: boolean;
}

/**
 * Fetches the file from the first URL that delivers it; each gets two attempts, and an attempt goes
 * on where the one before stopped.
 *
 * @throws DownloadError with what went wrong at each URL; the signal's reason if aborted. What was
 *   received stays beside `file` for the next call.
 */
export async function downloadFromMirrors(options: DownloadOptions): Promise<void> {
  const { urls, file } = options;
  const { path, handle } = await openPart(file);
  const bytes = (await handle.stat()).size;
  const part: Part = { handle, bytes, resumed: bytes > 0, validator: undefined, decoded: false };
  let whole = false;
  try {
    const failures: string[] = [];
    for (const url of urls) {
      const failure = await tryUrl(url, part, path, options);
      whole = failure === undefined;
      if (whole) break;
      failures.push(`${url}: ${failure}`);
    }
    if (!whole) {
      throw new DownloadError(
        `download ${file}: no mirror delivered it; ${failures.join('; ')}`,
        false,
      );
    }
  } finally {
    await handle.close();
    if (!whole) await (part.bytes > 0 && !part.decoded ? leavePart(path, file) : removePart(path));
  }
  await publish(path, options);
}

/** Another process may have published the file meanwhile; where that blocks the rename, its file will do. */
async function publish(path: string, { file, verify }: DownloadOptions): Promise<void> {
  try {
    await publishPart(path, file);
  } catch (error) {
    await removePart(path);
    await verify(file).catch(() => {
      throw error;
    });
  }
}

/** @returns undefined when the part is whole and verified, else the last attempt's failure */
async function tryUrl(
  url: string,
  part: Part,
  path: string,
  options: DownloadOptions,
): Promise<string | undefined> {
  let failure = '';
  for (let attempt = 0; attempt < ATTEMPTS_PER_URL; attempt++) {
    try {
      await receive(url, part, options);
      await part.handle.sync();
      await verifyPart(url, part, path, options);
      return undefined;
    } catch (error) {
      options.signal?.throwIfAborted();
      failure = (error as Error).message;
      if (!(error instanceof DownloadError)) throw error;
      if (!error.retryable) break;
    }
  }
  return failure;
}

/** Bytes that do not verify are dropped; they are only worth another attempt if some were resumed. */
async function verifyPart(
  url: string,
  part: Part,
  path: string,
  { verify, signal }: DownloadOptions,
): Promise<void> {
  try {
    await verify(path);
  } catch (error) {
    signal?.throwIfAborted();
    const { resumed, bytes } = part;
    await restart(part);
    const message = `refused (${bytes} bytes): ${(error as Error).message}`;
    throw new DownloadError(`${message} from ${url}`, resumed, { cause: error });
  }
}

async function restart(part: Part): Promise<void> {
  await part.handle.truncate(0);
  part.bytes = 0;
  part.resumed = false;
  part.validator = undefined;
  part.decoded = false;
}

/** One request; appends to the part until the body ends. */
async function receive(url: string, part: Part, options: DownloadOptions): Promise<void> {
  const { maxBytes, totalTimeoutMs = 600_000, idleTimeoutMs = 30_000, onProgress } = options;
  const limit = new AbortController();
  const stop = (why: string) => () => limit.abort(new DownloadError(why, true));
  const total = setTimeout(stop(`not finished after ${totalTimeoutMs} ms`), totalTimeoutMs);
  const idle = setTimeout(stop(`silent for ${idleTimeoutMs} ms`), idleTimeoutMs);
  if (part.decoded) await restart(part);
  const signals = options.signal ? [options.signal, limit.signal] : [limit.signal];
  try {
    const response = await fetch(url, {
      headers: requestHeaders(part),
      signal: AbortSignal.any(signals),
    });
    try {
      const totalBytes = await acceptResponse(response, part, maxBytes);
      for await (const piece of response.body ?? []) {
        idle.refresh();
        if (part.bytes + piece.length > maxBytes) {
          const bytes = part.bytes + piece.length;
          await restart(part);
          throw tooLarge(bytes, maxBytes);
        }
        await writeAll(part, piece);
        onProgress?.({ url, receivedBytes: part.bytes, totalBytes });
      }
    } finally {
      // Frees the connection where the body was not read to its end.
      if (!response.bodyUsed) await response.body?.cancel().catch(() => {});
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (limit.signal.aborted) throw limit.signal.reason;
    // fetch and its body report every trouble of the network as a TypeError (WHATWG Fetch).
    if (!(error instanceof TypeError)) throw error;
    throw new DownloadError(describeNetworkError(error), true, { cause: error });
  } finally {
    clearTimeout(total);
    clearTimeout(idle);
  }
}

function requestHeaders(part: Part): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (part.bytes > 0) {
    headers.range = `bytes=${part.bytes}-`;
    if (part.validator !== undefined) headers['if-range'] = part.validator;
  }
  return headers;
}

/**
 * Judges the status and the headers, and empties the part if the body starts from the first byte.
 *
 * @returns length of the whole file, where the server tells
 */
async function acceptResponse(
  response: Response,
  part: Part,
  maxBytes: number,
): Promise<number | undefined> {
  const { status } = response;
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
    if (range === null || Number(range[1]) !== part.bytes) {
      await restart(part);
      throw new DownloadError('the server resumed at another byte than asked', true);
    }
    part.resumed = true;
    return checkTotal(range[2] === '*' ? undefined : Number(range[2]), maxBytes);
  }
  if (status === 416 && part.bytes > 0) {
    await restart(part);
    throw new DownloadError('the server has no such range', true);
  }
  if (status !== 200) {
    throw new DownloadError(`HTTP status ${status}`, PASSING_STATUS.has(status));
  }
  await restart(part);
  const { headers } = response;
  part.decoded = (headers.get('content-encoding') ?? 'identity') !== 'identity';
  const length = headers.get('content-length');
  const etag = headers.get('etag');
  // If-Range takes only strong validators (RFC 9110, section 13.1.5).
  part.validator = etag?.startsWith('"') ? etag : undefined;
  return checkTotal(part.decoded || length === null ? undefined : Number(length), maxBytes);
}

function checkTotal(totalBytes: number | undefined, maxBytes: number): number | undefined {
  if (totalBytes !== undefined && totalBytes > maxBytes) throw tooLarge(totalBytes, maxBytes);
  return totalBytes;
}

function tooLarge(bytes: number, maxBytes: number): DownloadError {
  return new DownloadError(
    `too large: ${bytes} bytes (or more), at most ${maxBytes} expected`,
    false,
  );
}

async function writeAll(part: Part, piece: Uint8Array): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await part.handle.write(piece, done, piece.length - done, part.bytes);
    done += bytesWritten;
    part.bytes += bytesWritten;
  }
}

function describeNetworkError(error: Error): string {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}
