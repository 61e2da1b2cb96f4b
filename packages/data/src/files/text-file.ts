// Texts in files, plain or gzip: their bytes, as textDataset and tokenizers take them.
// Invariant: no more is unpacked than a text may have. Not here: what the bytes mean (../text/).
import { fileURLToPath } from 'node:url';
import { DataError } from '@lockstep/core';
import { checkOptions, requireText } from '@lockstep/errors';
import { type ReadProgress, readInto } from './read-into.js';

/** What `readText` takes. */
export interface ReadTextOptions {
  /** Called after each piece of the file, at most a MiB. */
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Larger texts would not fit beside their tokens, which are up to four times as large. */
const MAX_BYTES = 1 << 30;

/**
 * A text's bytes, in whatever encoding they are.
 *
 * @param file its path or URL `file:`, plain or gzip (which is seen from its bytes)
 * @throws the system's error if it cannot be read; DataError if it is no file, is damaged, or has more than 1 GiB; the signal's
 *   reason if aborted
 */
export async function readText(
  file: string | URL,
  options: ReadTextOptions = {},
): Promise<Uint8Array> {
  checkOptions('readText', options, { onProgress: true, signal: true });
  const path = requireText('readText', 'file', file instanceof URL ? fileURLToPath(file) : file);
  return readInto(new TextReader(path), path, options);
}

class TextReader {
  /** A text is no samples yet. */
  readonly rows = 0;
  readonly #path: string;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  push(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > MAX_BYTES) {
      throw new DataError(
        `read ${this.#path}: the text has more than ${MAX_BYTES} bytes; take a part of it`,
      );
    }
    this.#pieces.push(piece.slice());
  }

  end(): Uint8Array {
    const all = new Uint8Array(this.#bytes);
    let length = 0;
    for (const piece of this.#pieces) {
      all.set(piece, length);
      length += piece.length;
    }
    return all;
  }
}
