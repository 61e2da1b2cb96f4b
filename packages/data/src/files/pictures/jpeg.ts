// JPEG, baseline and progressive, as libjpeg decodes it: the pixels that other software has of the same file.
// Invariant: what the decoder warns of (a file that is cut short, a damaged code) is an error, and a decoder that has failed
// is not used again. MozJPEG in WebAssembly decodes (@jsquash/jpeg, from Squoosh): integer arithmetic, the same bytes
// everywhere, no native code.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import createDecoder from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js';
import { DataError } from '@lockstep/core';
import type { Picture } from '../../pictures/picture.js';

type Decoder = Awaited<ReturnType<typeof createDecoder>>;

const WASM = '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';

let module: WebAssembly.Module | undefined;
let decoder: Decoder | undefined;
let warnings: string[] = [];

/** @throws DataError if it is damaged, or the decoder is not installed */
export async function decodeJpeg(bytes: Uint8Array, isGrey: boolean): Promise<Picture> {
  decoder ??= await startDecoder();
  const own = decoder;
  warnings = [];
  let image: ImageData | null = null;
  try {
    image = own.decode(bytes, false);
  } catch {
    // What the decoder throws is a number; its words are in the warnings.
  }
  if (!image || warnings.length > 0) {
    decoder = undefined;
    throw new DataError(`the JPEG is damaged: ${warnings.join('; ') || 'it cannot be decoded'}`);
  }
  const channels = isGrey ? 1 : 3;
  const { width, height, data } = image;
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < channels; channel++) {
      pixels[i * channels + channel] = data[4 * i + channel]!;
    }
  }
  return { width, height, channels, pixels };
}

async function startDecoder(): Promise<Decoder> {
  module ??= await WebAssembly.compile(readWasm());
  const compiled = module;
  return createDecoder({
    noInitialRun: true,
    printErr: (text: string) => warnings.push(text),
    instantiateWasm: (
      imports: WebAssembly.Imports,
      callback: (i: WebAssembly.Instance) => void,
    ) => {
      const instance = new WebAssembly.Instance(compiled, imports);
      callback(instance);
      return instance.exports;
    },
  });
}

function readWasm(): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(createRequire(import.meta.url).resolve(WASM)));
  } catch (cause) {
    throw new DataError(
      `read a JPEG: its decoder, the package @jsquash/jpeg, is not beside this program; install it where the program runs (${(cause as Error).message})`,
      { cause },
    );
  }
}
