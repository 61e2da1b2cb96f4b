// Where compiled kernels run: a platform and a processor, as Node calls them; which vectors there are, and how a module is linked
// that Node loads. zig compiles for all of them from anywhere; other compilers for the machine that they run on.

const AVX512 = ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl'];

/** Flags of a processor's vectors, by their lanes. */
export const MACHINES = {
  x64: { 8: ['-mavx2'], 16: [...AVX512, '-mprefer-vector-width=512'] },
  arm64: { 4: [] },
};

/** As zig and clang name them. */
const TRIPLES = {
  'linux-x64': 'x86_64-linux-gnu',
  'linux-arm64': 'aarch64-linux-gnu',
  'darwin-x64': 'x86_64-macos',
  'darwin-arm64': 'aarch64-macos',
  'win32-x64': 'x86_64-windows-gnu',
  'win32-arm64': 'aarch64-windows-gnu',
};

export const PLACES = Object.keys(TRIPLES);
export const HERE = `${process.platform}-${process.arch}`;

/** @returns the processor of a place */
export function processorOf(place) {
  return place.split('-')[1];
}

/** @returns what the compiler is told to compile for a place: nothing, where it is here */
export function targetFlags(place) {
  return place === HERE ? [] : ['-target', TRIPLES[place]];
}

/** @returns what the linker is told: Node has the functions that the module calls */
export function linkFlags(place, compiler) {
  if (place.startsWith('win32')) return ['-shared'];
  if (!place.startsWith('darwin')) return ['-shared', '-lm'];
  return [compiler[0].endsWith('zig') ? '-shared' : '-bundle', '-undefined', 'dynamic_lookup'];
}

/** Windows wants the functions of Node from a library of their names. @returns what makes it, or undefined */
export function importLibrary(place, [name], definitions, library) {
  if (!place.startsWith('win32')) return undefined;
  const tool = name.endsWith('zig') ? [name, 'dlltool'] : ['dlltool'];
  const machine = processorOf(place) === 'x64' ? 'i386:x86-64' : 'arm64';
  return [...tool, '-m', machine, '-D', 'node.exe', '-d', definitions, '-l', library];
}
