// What a file is that was given in place of a safetensors file, told from its first bytes, and what to do about it.
// Invariant: it only words a refusal. Whether a file is safetensors is decided by its header (safetensors-header.ts),
// since eight bytes of a length can look like anything.

const TO_SAFETENSORS =
  'load it in Python and write it with safetensors.torch.save_file(state_dict, "weights.safetensors")';
const TO_NPZ = 'give it its name: numpy.savez("weights.npz", weight=array)';
/** Fewer characters may be the beginning of anything. */
const LEAST_TEXT = 8;
const UNPACK = 'unpack it first';
const AGAIN = 'download it again';

/** First bytes (as latin-1), what begins so, and what to do. */
const SIGNATURES: readonly (readonly [begin: string, what: string, remedy: string])[] = [
  ['version https://git-lfs.github.com/', 'a git-lfs pointer to a file', 'fetch it: git lfs pull'],
  ['\x93NUMPY', 'a NumPy array (.npy)', TO_NPZ],
  ['\x89HDF\r\n\x1a\n', 'HDF5, as Keras writes weights (.h5)', TO_SAFETENSORS],
  ['GGUF', 'GGUF, as llama.cpp reads it', TO_SAFETENSORS],
  ['\x1f\x8b', 'compressed with gzip', UNPACK],
  ['BZh', 'compressed with bzip2', UNPACK],
  ['\xfd7zXZ\x00', 'compressed with xz', UNPACK],
  ['\x28\xb5\x2f\xfd', 'compressed with zstd', UNPACK],
  ["7z\xbc\xaf'\x1c", 'a 7z archive', UNPACK],
  ['%PDF', 'a PDF', 'give the weights'],
  ['\x89PNG', 'a PNG image', 'give the weights'],
  ['\xff\xd8\xff', 'a JPEG image', 'give the weights'],
];

/**
 * @param head the first bytes of a file that is not safetensors; the more, the surer
 * @returns `a git-lfs pointer to a file; fetch it: git lfs pull`; undefined if it looks like nothing that is known
 */
export function describeForeign(head: Uint8Array): string | undefined {
  const text = latin1(head.subarray(0, 1024));
  for (const [begin, what, remedy] of SIGNATURES) {
    if (text.startsWith(begin)) return `${what}; ${remedy}`;
  }
  if (text.startsWith('PK\x03\x04')) return describeZip(text);
  const [first = 0, second = 0, third = 0] = head;
  if (first === 0x80 && second >= 2 && second <= 5) {
    return `a Python pickle, as torch.save wrote before version 1.6; ${TO_SAFETENSORS}`;
  }
  if (text.startsWith('TFL3', 4)) return `a TensorFlow Lite model; ${TO_SAFETENSORS}`;
  // Field 1, a version below 32, then a field of bytes or another message.
  if (first === 0x08 && second < 32 && [0x12, 0x1a, 0x22, 0x3a].includes(third)) {
    return `a protocol buffer, as ONNX and TensorFlow write models; ${TO_SAFETENSORS}`;
  }
  if (text.startsWith('ustar', 257)) return `a tar archive; ${UNPACK}`;
  return describeText(text);
}

function describeZip(text: string): string {
  const length = text.charCodeAt(26) + 256 * text.charCodeAt(27);
  const first = text.slice(30, 30 + length);
  if (first.endsWith('.npy'))
    return 'a zip of NumPy arrays (.npz); decodeNpz reads it, and --init starts a run from it';
  if (/^(metadata|config)\.json$|\.h5$/.test(first)) {
    return `a zip, as Keras writes models (.keras); ${TO_SAFETENSORS}`;
  }
  return `a zip, as torch.save writes models (.pt, .pth); ${TO_SAFETENSORS}`;
}

function describeText(raw: string): string | undefined {
  const text = raw.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^<(!doctype|html|head|body|\?xml|!--)/i.test(text)) {
    return `a web page (HTML), perhaps one to sign in or an error's; ${AGAIN}`;
  }
  // Control characters, other than those between lines, are no text's.
  if (/[^\s\P{Cc}]/u.test(text)) return undefined;
  if (/^(\{\s*["}]|\[)/.test(text)) {
    return text.includes('"weight_map"')
      ? 'the index of weights in several safetensors files (JSON); join them into one'
      : 'JSON; give the weights, not a configuration or a graph';
  }
  if (text.length < LEAST_TEXT) return undefined;
  return `text that begins with ${JSON.stringify(text.slice(0, 24))}; give the weights`;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
