// Reads a WebAssembly binary far enough to answer: what does it import, export and carry as data, and
// which SIMD instructions does it execute? Instructions are decoded with their immediates (a byte
// search would find false ones); anything unknown is an error, so nothing slips through undecoded.
// Not a validator: types are not checked.

const KINDS = ['function', 'table', 'memory', 'global', 'tag'];
const RELAXED_FIRST = 0x100;
const RELAXED_LAST = 0x113;
const SIMD_UNASSIGNED = new Set([
  0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2,
  0xd3, 0xd4, 0xe2, 0xee,
]);

class Reader {
  constructor(bytes, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }
  get done() {
    return this.at >= this.end;
  }
  byte() {
    if (this.at >= this.end) throw new Error(`wasm: ends too early, at byte ${this.at}`);
    return this.bytes[this.at++];
  }
  skip(count) {
    if (this.end - this.at < count) throw new Error(`wasm: ends too early, at byte ${this.at}`);
    this.at += count;
  }
  /** A LEB128 number of at most 64 bits, read as unsigned; exact below 2^53. */
  leb() {
    let value = 0;
    for (let scale = 1, i = 0; i < 10; ++i, scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Error(`wasm: number longer than ten bytes, at byte ${this.at}`);
  }
  name() {
    const length = this.leb();
    const start = this.at;
    this.skip(length);
    return new TextDecoder().decode(this.bytes.slice(start, this.at));
  }
  limits() {
    const flags = this.byte();
    if (flags > 3) throw new Error(`wasm: unknown limits ${flags}, at byte ${this.at}`);
    const min = this.leb();
    return { shared: (flags & 2) !== 0, min, max: flags & 1 ? this.leb() : undefined };
  }
  memarg() {
    if (this.leb() & 0x40) this.leb();
    this.leb();
  }
  list(readOne) {
    return Array.from({ length: this.leb() }, () => readOne());
  }
}

function unknown(reader, prefix, opcode) {
  const code = prefix === undefined ? '' : `0x${prefix.toString(16)} `;
  return new Error(`wasm: unknown opcode ${code}0x${opcode.toString(16)} before byte ${reader.at}`);
}

/** Reads the immediates of 0xfd `opcode`. */
function simdImmediates(reader, opcode) {
  if (opcode <= 11 || opcode === 92 || opcode === 93) reader.memarg();
  else if (opcode === 12 || opcode === 13) reader.skip(16);
  else if (opcode >= 21 && opcode <= 34) reader.skip(1);
  else if (opcode >= 84 && opcode <= 91) {
    reader.memarg();
    reader.skip(1);
  } else if (opcode > RELAXED_LAST || SIMD_UNASSIGNED.has(opcode)) {
    throw unknown(reader, 0xfd, opcode);
  }
}

/** Reads the immediates of 0xfc `opcode`: saturating truncation, bulk memory and tables. */
function miscImmediates(reader, opcode) {
  if (opcode <= 7) return;
  if (opcode === 8 || opcode === 10 || opcode === 12 || opcode === 14) {
    reader.leb();
    reader.leb();
  } else if (opcode <= 17) reader.leb();
  else throw unknown(reader, 0xfc, opcode);
}

function atomicImmediates(reader, opcode) {
  if (opcode === 3) reader.skip(1);
  else if (opcode <= 2 || (opcode >= 0x10 && opcode <= 0x4e)) reader.memarg();
  else throw unknown(reader, 0xfe, opcode);
}

/** Reads the immediates of a one-byte opcode. */
function plainImmediates(reader, opcode) {
  switch (opcode) {
    case 0x02: // block, loop, if: a block type
    case 0x03:
    case 0x04:
    case 0x0c: // br, br_if
    case 0x0d:
    case 0x10: // call
    case 0x20: // locals, globals, tables
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x24:
    case 0x25:
    case 0x26:
    case 0x3f: // memory.size, memory.grow
    case 0x40:
    case 0x41: // i32.const, i64.const
    case 0x42:
    case 0xd0: // ref.null, ref.func
    case 0xd2:
      reader.leb();
      return;
    case 0x0e: // br_table
      reader.list(() => reader.leb());
      reader.leb();
      return;
    case 0x11: // call_indirect
      reader.leb();
      reader.leb();
      return;
    case 0x1c: // select with types
      reader.list(() => reader.leb());
      return;
    case 0x43:
      reader.skip(4);
      return;
    case 0x44:
      reader.skip(8);
      return;
  }
  if (opcode >= 0x28 && opcode <= 0x3e) reader.memarg();
  else if (
    !(opcode <= 0x01 || opcode === 0x05 || opcode === 0x0b || opcode === 0x0f) &&
    !(opcode === 0x1a || opcode === 0x1b || opcode === 0xd1) &&
    !(opcode >= 0x45 && opcode <= 0xc4)
  ) {
    throw unknown(reader, undefined, opcode);
  }
}

/** Reads instructions to the `end` that closes the expression; calls onSimd(opcode, offset). */
function expression(reader, onSimd) {
  for (let depth = 1; depth > 0; ) {
    const offset = reader.at;
    const opcode = reader.byte();
    if (opcode === 0xfd) {
      const simd = reader.leb();
      simdImmediates(reader, simd);
      onSimd(simd, offset);
    } else if (opcode === 0xfc) miscImmediates(reader, reader.leb());
    else if (opcode === 0xfe) atomicImmediates(reader, reader.leb());
    else {
      plainImmediates(reader, opcode);
      if (opcode >= 0x02 && opcode <= 0x04) ++depth;
      if (opcode === 0x0b) --depth;
    }
  }
}

function readImport(reader) {
  const module = reader.name();
  const name = reader.name();
  const kind = KINDS[reader.byte()];
  if (kind === 'function') return { module, name, kind, type: reader.leb() };
  if (kind === 'memory') return { module, name, kind, ...reader.limits() };
  throw new Error(`wasm: import ${module}.${name} is neither a function nor a memory`);
}

/**
 * @param {Uint8Array} bytes a whole module
 * @returns imports, exports, the number of data segments, and every SIMD instruction as
 *   { opcode, offset }, `opcode` being the number after the 0xfd prefix
 * @throws Error if the binary is cut short or holds an opcode, section or import unknown here
 */
export function readModule(bytes) {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  if (header.some((byte, i) => bytes[i] !== byte)) throw new Error('wasm: not a version 1 module');
  const found = { imports: [], exports: [], dataSegments: 0, hasStart: false, simd: [] };
  const onSimd = (opcode, offset) => found.simd.push({ opcode, offset });
  const file = new Reader(bytes, header.length);
  while (!file.done) {
    const id = file.byte();
    const size = file.leb();
    const section = new Reader(bytes, file.at, file.at + size);
    file.skip(size);
    if (id === 2) found.imports = section.list(() => readImport(section));
    else if (id === 6) {
      section.list(() => {
        section.skip(2);
        expression(section, onSimd);
      });
    } else if (id === 7) {
      found.exports = section.list(() => {
        const name = section.name();
        const kind = KINDS[section.byte()];
        section.leb();
        return { name, kind };
      });
    } else if (id === 8) found.hasStart = true;
    else if (id === 10) {
      section.list(() => {
        const size = section.leb();
        const body = new Reader(bytes, section.at, section.at + size);
        section.skip(size);
        body.list(() => {
          body.leb();
          body.skip(1);
        });
        expression(body, onSimd);
        if (!body.done) throw new Error(`wasm: code goes on after its end, at byte ${body.at}`);
      });
    } else if (id === 11) found.dataSegments = section.leb();
    else if (id > 12) throw new Error(`wasm: unknown section ${id}, at byte ${file.at}`);
  }
  return found;
}

/**
 * Refuses a module that could compute different bits on different machines, or that is not a plain
 * set of kernels: relaxed SIMD, any import but one shared memory, data segments, a start function.
 * @throws Error that names each finding
 */
export function checkKernelModule(bytes) {
  const { imports, dataSegments, hasStart, simd } = readModule(bytes);
  const findings = simd
    .filter(({ opcode }) => opcode >= RELAXED_FIRST)
    .map(({ opcode, offset }) => `relaxed SIMD opcode 0x${opcode.toString(16)} at byte ${offset}`);
  for (const { module, name, kind, shared } of imports) {
    if (kind !== 'memory' || !shared) findings.push(`import ${module}.${name}, a ${kind}`);
  }
  if (imports.length !== 1) findings.push(`${imports.length} imports`);
  if (dataSegments > 0) findings.push(`${dataSegments} data segments`);
  if (hasStart) findings.push('a start function');
  if (findings.length > 0) {
    throw new Error(
      `kernels: the module must import one shared memory, hold no data and use no relaxed SIMD; found ${findings.join('; ')}`,
    );
  }
}
