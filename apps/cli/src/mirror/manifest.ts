// The list of what a store holds of a run: which file lies under which key, with how many bytes and which SHA-256. It is
// written after all that it lists, so whoever reads it finds a run that is whole; and it says who writes there. Pure.
// Invariant: what lies under a key never changes, since its SHA-256 is part of it; the list alone is written over.
import { isRunFile, RUN } from '../run-names.js';
import { StoreError } from '../store-error.js';

export const MANIFEST = 'manifest.json';
export const MAX_MANIFEST_BYTES = 1024 * 1024;

const FORMAT = 'lockstep-mirror/1';
const MAX_FILES = 64;
/** As checkpoints, which are the largest. */
const MAX_FILE_BYTES = 2 ** 31;

export interface StoredFile {
  /** In the run's folder, with slashes. */
  readonly name: string;
  /** In the store, below the run's prefix. */
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  /** Of the newest checkpoint. */
  readonly step: number;
  /** Whether the run has come to its end. */
  readonly ended: boolean;
  /** Drawn by each process that writes there. */
  readonly writer: string;
  /** Of a coordinator that leads by an election: a higher one has taken over from it. */
  readonly fence: number | null;
  /** ISO 8601. */
  readonly time: string;
  readonly files: readonly StoredFile[];
  /** Keys of the list before this one that are not in it, which go with the next one: somebody may be reading them. */
  readonly previous: readonly string[];
}

/** Another process writes there: this one must not any more. */
export class MirrorTakenError extends StoreError {}

export function keyOf(name: string, sha256: string): string {
  return `files/${sha256.slice(0, 16)}/${name}`;
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, ...manifest }, null, 2)}\n`);
}

/**
 * @param where for errors
 * @throws StoreError if it is none, or names files that are no run's
 */
export function decodeManifest(bytes: Uint8Array, where: string): Manifest {
  const refuse = (what: string): never => {
    throw new StoreError(
      `${where}: ${MANIFEST} ${what}; expected what "lockstep train --mirror" writes there`,
    );
  };
  let json: Partial<Manifest> & { readonly format?: unknown };
  try {
    json = Object(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return refuse('is not JSON');
  }
  if (json.format !== FORMAT) refuse(`has the format ${String(json.format)}, not ${FORMAT}`);
  const { step, ended, writer, fence = null, time, files, previous } = json;
  const isWhole = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isWhole(step) || typeof ended !== 'boolean' || typeof writer !== 'string') {
    return refuse('is damaged');
  }
  if ((fence !== null && !isWhole(fence)) || typeof time !== 'string') return refuse('is damaged');
  if (!Array.isArray(files) || files.length > MAX_FILES || !files.every(isStoredFile)) {
    return refuse('lists what is no file of a run');
  }
  const names = new Set(files.map(({ name }) => name));
  if (names.size < files.length || !names.has(RUN)) return refuse('lists no whole run');
  if (!Array.isArray(previous) || !previous.every((key) => typeof key === 'string')) {
    return refuse('is damaged');
  }
  return { step, ended, writer, fence, time, files, previous };
}

function isStoredFile(value: unknown): value is StoredFile {
  const { name, key, bytes, sha256 } = Object(value) as Partial<StoredFile>;
  if (typeof name !== 'string' || typeof sha256 !== 'string') return false;
  const isSize = Number.isSafeInteger(bytes) && bytes! >= 0 && bytes! <= MAX_FILE_BYTES;
  return isRunFile(name) && isSize && /^[0-9a-f]{64}$/.test(sha256) && key === keyOf(name, sha256);
}

/** Which run it is: run.json is written once. */
export function runOf({ files }: Pick<Manifest, 'files'>): string {
  return files.find(({ name }) => name === RUN)!.sha256;
}

/** What one process knows of a mirror before it writes there again. */
export interface Writing {
  readonly writer: string;
  readonly fence: number | null;
  readonly run: string;
  readonly step: number;
  /** Whether this process has written there. */
  readonly hasWritten: boolean;
  /** The writer that it found there when it began; undefined if it could not look, null if there was nobody. */
  readonly found: string | null | undefined;
}

/**
 * Whether a process may write its list over the one that is there.
 *
 * @param there undefined if nothing is
 * @returns why it may not, in words; undefined if it may
 */
export function whyNotWrite(there: Manifest | undefined, mine: Writing): string | undefined {
  if (!there) return undefined;
  if (runOf(there) !== mine.run) return 'it holds another run';
  if (there.writer === mine.writer) return undefined;
  const theirs = there.fence ?? 0;
  if (theirs > (mine.fence ?? 0)) return 'a coordinator that has taken over writes there';
  // Whoever leads now may: who led before is gone, whatever it wrote last.
  if (mine.fence !== null && theirs < mine.fence) return undefined;
  if (mine.hasWritten) return 'another process writes there since';
  if (mine.found !== undefined && mine.found !== there.writer) {
    return 'another process has gone on with the run there';
  }
  if (there.step > mine.step) return `it holds step ${there.step}, which is newer`;
  return undefined;
}

/** Keys that nothing lists any more once `next` is there. */
export function keysToRemove(there: Manifest | undefined, next: Manifest): string[] {
  if (!there) return [];
  const kept = new Set([...next.files.map(({ key }) => key), ...next.previous]);
  return there.previous.filter((key) => !kept.has(key));
}

/** Of the list before, what the next one does not list. */
export function previousKeys(
  there: Manifest | undefined,
  files: readonly StoredFile[],
): readonly string[] {
  const kept = new Set(files.map(({ key }) => key));
  return (there?.files ?? []).map(({ key }) => key).filter((key) => !kept.has(key));
}
