import { expect, test } from 'vitest';
import { decodeSafetensors } from './safetensors/safetensors.js';

const bytes = (latin1: string, size = 64): Uint8Array => {
  const file = new Uint8Array(Math.max(size, latin1.length));
  for (let i = 0; i < latin1.length; i++) file[i] = latin1.charCodeAt(i);
  return file;
};

/** A local header of a zip: its signature, 22 bytes that do not matter, the name's length and the name. */
const zip = (name: string): Uint8Array =>
  bytes(`PK\x03\x04${'\0'.repeat(22)}${String.fromCharCode(name.length)}\0\0\0${name}`, 400);

test.each<[string, Uint8Array, RegExp]>([
  ['torch.save', zip('archive/data.pkl'), /a zip, as torch\.save writes .*save_file/],
  ['numpy.savez', zip('layers.0.weight.npy'), /NumPy arrays \(\.npz\)/],
  ['Keras', zip('metadata.json'), /\.keras/],
  ['a zip of which there is the beginning only', bytes('PK\x03\x04\x14'), /a zip, as torch/],
  ['an old torch.save', bytes('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.'), /Python pickle/],
  ['numpy.save', bytes("\x93NUMPY\x01\0v\0{'descr': '<f4'}"), /\.npy/],
  ['HDF5', bytes('\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0'), /HDF5, as Keras/],
  ['ONNX', bytes('\x08\x08\x12\x07pytorch\x1a\x052.4.1'), /ONNX/],
  ['TensorFlow Lite', bytes('\x1c\0\0\0TFL3\x14\0\x20\0'), /Lite/],
  ['GGUF', bytes('GGUF\x03\0\0\0\x25\x01'), /GGUF/],
  ['gzip', bytes('\x1f\x8b\x08\0\0\0\0\0\0\x03'), /gzip; unpack/],
  [
    'a git-lfs pointer',
    bytes('version https://git-lfs.github.com/spec/v1\noid sha256:4d', 0),
    /git lfs pull/,
  ],
  ['a page', bytes('\n<!DOCTYPE html><html><body>Sign in</body></html>', 0), /web page/],
  ['an XML error', bytes('<?xml version="1.0"?><Error>AccessDenied</Error>', 0), /web page/],
  ['JSON', bytes('{"architectures": ["Mlp"]}', 0), /it is JSON/],
  ['JSON of a few bytes', bytes('{"a":1}', 0), /it is JSON/],
  ['JSON of nothing', bytes('{}', 0), /it is JSON/],
  ['an index', bytes('{\n  "metadata": {},\n  "weight_map": {}}', 0), /several safetensors/],
  ['text', bytes('these are not weights', 0), /text that begins with "these are not weights"/],
])('%s is called by its name', (_, file, message) => {
  expect(() => decodeSafetensors(file)).toThrow(/^safetensors: not a safetensors file: it is /);
  expect(() => decodeSafetensors(file)).toThrow(message);
});

test.each([0, 1, 7])('a file of %i bytes is cut short, whatever they are', (size) => {
  expect(() => decodeSafetensors(bytes('GGML....'.slice(0, size), 0))).toThrow(
    `truncated: expected at least 8 bytes, got ${size}`,
  );
});

test('a damaged file is not taken for something else', () => {
  // The length field says 0x8b1f, which are the first bytes of gzip.
  const file = bytes(`\x1f\x8b\0\0\0\0\0\0{"w":`, 200);
  expect(() => decodeSafetensors(file)).toThrow(
    'safetensors: truncated: expected a header to byte',
  );
  const random = bytes('\x02\xfe\xcb\x90\x11\x20\x01\0\x03');
  expect(() => decodeSafetensors(random)).toThrow('damaged, or not a safetensors file');
});
