// A file's way to whoever reads it: plain or gzip, piece by piece from the disk, with a word on how far it is after each.
import { openRaw } from './raw-file.js';

/** How far reading has come. */
export interface ReadProgress {
  readonly file: string;
  /** Bytes read from the disk so far, and in all; of a compressed file those of the compressed one. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Samples read so far. */
  readonly rows: number;
}

interface PieceReader<T> {
  readonly rows: number;
  push(piece: Uint8Array): void;
  end(): T;
}

/** @throws the system's error if it cannot be read; what the reader throws; the signal's reason if aborted */
export async function readInto<T>(
  reader: PieceReader<T>,
  path: string,
  options: {
    readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<T> {
  const { onProgress, signal } = options;
  const raw = await openRaw(path, signal);
  try {
    for await (const piece of raw.pieces) {
      reader.push(piece);
      const bytes = raw.bytesRead();
      onProgress?.({ file: path, bytes, totalBytes: raw.storedBytes, rows: reader.rows });
    }
    return reader.end();
  } finally {
    await raw.handle.close();
  }
}
