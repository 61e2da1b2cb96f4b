// A run's folder, kept in an object store beside the local one: files first, each under a key that has its SHA-256 in it, and
// then the list of them, on condition that nobody else has written one.
// Invariant: the list names only what the store has confirmed; and once another process has written, this one writes no list.
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { StoreError } from '../store-error.js';
import {
  decodeManifest,
  encodeManifest,
  keyOf,
  keysToRemove,
  MANIFEST,
  MAX_MANIFEST_BYTES,
  type Manifest,
  MirrorTakenError,
  previousKeys,
  runOf,
  type StoredFile,
  whyNotWrite,
} from './manifest.js';
import { type ObjectStore, PART_BYTES, type Patience } from './object-store.js';
import { piecesOf, type RunFile, type RunView, sha256Of } from './run-files.js';

/** A part that is lost is sent again so often, at once: what lasts is for whoever asked. */
const TRIES = 3;

interface Found {
  readonly manifest: Manifest;
  readonly tag: string | undefined;
}

/** The list is short, and whoever asks for it waits. */
const LIST_MS = 20_000;

/** What a store holds of a run. @throws StoreError if it cannot be read in time, or is no such list */
export async function readManifest(
  store: ObjectStore,
  { signal, limitMs = LIST_MS }: Patience = {},
): Promise<Found | undefined> {
  const object = await store.read(MANIFEST, MAX_MANIFEST_BYTES, { signal, limitMs });
  return object && { manifest: decodeManifest(object.bytes, store.url), tag: object.tag };
}

export class Mirror {
  readonly store: ObjectStore;
  readonly #writer = randomBytes(8).toString('hex');
  /** Of a coordinator that leads by an election. */
  fence: number | null = null;
  /** The writer that was found when it was looked at; undefined if it could not be. */
  #found: string | null | undefined;
  #hasWritten = false;
  /** Keys that the store has confirmed. */
  readonly #there = new Set<string>();
  /** By name, size and time: of what is never changed. */
  readonly #known = new Map<string, string>();

  constructor(store: ObjectStore) {
    this.store = store;
  }

  /** What is there before anything is written. */
  async look(patience?: Patience): Promise<Manifest | undefined> {
    const found = await readManifest(this.store, patience);
    this.#found = found?.manifest.writer ?? null;
    return found?.manifest;
  }

  /**
   * @returns false if what it shows had to make room meanwhile: there is a newer one
   * @throws MirrorTakenError if another process writes there; StoreError if the store did not take it, all or in part
   */
  async save(view: RunView, signal: AbortSignal): Promise<boolean> {
    const files = await this.#filesOf(view);
    if (!files) return false;
    const stored = files.map(({ stored }) => stored);
    await this.#mayWrite(stored, view, signal);
    for (const { file, stored } of files) {
      if (this.#there.has(stored.key)) continue;
      if (!(await this.#send(file, stored, signal))) return false;
      this.#there.add(stored.key);
    }
    // It may have taken a while; of a store without conditions this look is all there is.
    const before = await this.#mayWrite(stored, view, signal);
    const next: Manifest = {
      ...{ step: view.step, ended: view.ended, writer: this.#writer, fence: this.fence },
      time: new Date().toISOString(),
      files: stored,
      previous: previousKeys(before?.manifest, stored),
    };
    await this.#write(next, before, signal);
    for (const key of keysToRemove(before?.manifest, next)) {
      this.#there.delete(key);
      // What cannot be removed costs room, and no more.
      await this.store.remove(key, signal).catch(() => undefined);
    }
    return true;
  }

  async #write(next: Manifest, before: Found | undefined, signal: AbortSignal): Promise<void> {
    const { tag } = before ?? {};
    const condition = before ? tag && { tag } : { isAbsent: true as const };
    if (await this.store.write(MANIFEST, encodeManifest(next), condition || undefined, signal)) {
      this.#hasWritten = true;
      return;
    }
    // Somebody else did; or this process, whose answer was lost.
    const there = await this.#mayWrite(next.files, next, signal);
    if (there?.manifest.writer === this.#writer) {
      this.#hasWritten = true;
      if (there.manifest.time === next.time) return;
    }
    throw new StoreError(
      `${this.store.url}/${MANIFEST}: it was written by somebody else meanwhile`,
    );
  }

  async #mayWrite(
    files: readonly StoredFile[],
    { step }: Pick<RunView, 'step'>,
    signal: AbortSignal,
  ): Promise<Found | undefined> {
    const there = await readManifest(this.store, { signal });
    const why = whyNotWrite(there?.manifest, {
      ...{ writer: this.#writer, fence: this.fence, run: runOf({ files }), step },
      ...{ hasWritten: this.#hasWritten, found: this.#found },
    });
    if (why !== undefined) throw new MirrorTakenError(`${this.store.url}: ${why}`);
    for (const { key } of there?.manifest.files ?? []) this.#there.add(key);
    return there;
  }

  /** @returns undefined if the newest checkpoint is not there any more */
  async #filesOf({
    files,
    step,
  }: RunView): Promise<{ file: RunFile; stored: StoredFile }[] | undefined> {
    const found: { file: RunFile; stored: StoredFile }[] = [];
    for (const file of files) {
      const { name, bytes } = file;
      const sha256 = await this.#sha256(file).catch(missing);
      if (sha256 !== undefined) {
        found.push({ file, stored: { name, key: keyOf(name, sha256), bytes, sha256 } });
      }
    }
    const isNewest = ({ name }: RunFile): boolean => Number(/step-(\d+)/.exec(name)?.[1]) === step;
    const isWhole = found.length === files.length || found.some(({ file }) => isNewest(file));
    return isWhole ? found : undefined;
  }

  async #sha256(file: RunFile): Promise<string> {
    const isFinal = file.name === 'run.json' || file.name.startsWith('checkpoints/');
    const mark = `${file.name} ${file.bytes} ${file.written}`;
    const known = isFinal ? this.#known.get(mark) : undefined;
    const sha256 = known ?? (await sha256Of(file));
    if (isFinal) this.#known.set(mark, sha256);
    return sha256;
  }

  /** @returns false if the file is not there any more as it was */
  async #send(
    file: RunFile,
    { key, bytes, sha256 }: StoredFile,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const hash = createHash('sha256');
      try {
        if (bytes > PART_BYTES) await this.store.writeInParts(key, hashed(file, hash), signal);
        else await this.store.write(key, await wholeOf(file, hash), undefined, signal);
        // Written over since it was looked at.
        if (hash.digest('hex') !== sha256) return false;
        const size = await this.store.size(key, signal);
        if (size === bytes) return true;
        throw new StoreError(
          `${this.store.url}/${key}: the store has ${size ?? 'none'} of its ${bytes} bytes`,
        );
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        const isLasting = !(error instanceof StoreError) || error.status === 403 || error.isLate;
        if (attempt === TRIES || isLasting || signal.aborted) throw error;
      }
    }
  }
}

async function* hashed(file: RunFile, hash: Hash): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of piecesOf(file, PART_BYTES)) {
    hash.update(piece);
    yield piece;
  }
}

/** Of one that has no more bytes than a part. */
async function wholeOf(file: RunFile, hash: Hash): Promise<Uint8Array> {
  for await (const piece of hashed(file, hash)) return piece;
  return new Uint8Array();
}

/** Of a file that had to make room. @throws whatever else it is */
function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
