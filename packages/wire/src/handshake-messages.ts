// The five messages of the handshake as bytes. Every field has its fixed place, so that nothing here parses what a
// stranger wrote beyond reading numbers and one short name at offsets.
// Invariant: version stands at the same place in every version, so that two of them can always name each other.
// Who sends what when, and what is proven by it, is handshake.ts.
import { fromHex, fromUtf8, toHex, toLatin1, toUtf8 } from './bytes.js';
import { COORDINATOR_RANK, MAX_MEMBERS } from './limits.js';
import { printable, show, WireError } from './wire-error.js';

/** First bytes; apart from each other, from a control message's 1 and from a frame's 2. */
export const HELLO = 0x10;
export const CHALLENGE = 0x11;
export const PROOF = 0x12;
export const WELCOME = 0x13;
export const REFUSAL = 0x1f;

export const NONCE_BYTES = 32;
export const MAC_BYTES = 32;
const OPENING_BYTES = 80;
const PROOF_BYTES = 8 + MAC_BYTES;
/** What the welcome's proof covers of itself. */
export const WELCOME_HEAD_BYTES = 24;
const WELCOME_BYTES = WELCOME_HEAD_BYTES + MAC_BYTES;
const CODE_CHARACTERS = 32;
const MESSAGE_BYTES = 1_024;

/** Marks a handshake of this protocol, whatever its version: "lkstep". */
const MAGIC = [0x6c, 0x6b, 0x73, 0x74, 0x65, 0x70];

/** A worker proves the run's token to a coordinator; a peer, its generation's key to another worker. */
export type Role = 'worker' | 'peer';

/**
 * Hello and challenge share a layout: kind u8, role u8, version u16, generation u32, rank u16, magic, arithmetic,
 * nonce. In a challenge, and in a worker's hello, generation and rank are 0; a challenge's role is 0.
 */
export interface Opening {
  readonly version: number;
  /** Name and version of the kernels' numbers: 1 to 32 of a-z, 0-9, '.' and '-'. */
  readonly arithmetic: string;
  readonly nonce: Uint8Array;
}

export interface Hello extends Opening {
  readonly role: Role;
  /** Of a peer; 0 of a worker. */
  readonly generation: number;
  readonly rank: number;
}

/** Whom the client has reached. */
export interface Server {
  /** 32 hexadecimal digits. */
  readonly run: string;
  readonly incarnation: number;
  /** COORDINATOR_RANK, or a peer's rank. */
  readonly rank: number;
}

/** Why a connection ends. Before the welcome nothing vouches for it: it is for people to read. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

function opening(kind: number, role: number, own: Opening, generation: number, rank: number) {
  const bytes = new Uint8Array(OPENING_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = kind;
  bytes[1] = role;
  view.setUint16(2, own.version, true);
  view.setUint32(4, generation, true);
  view.setUint16(8, rank, true);
  bytes.set(MAGIC, 10);
  bytes.set(encodeArithmetic(own.arithmetic), 16);
  if (own.nonce.length !== NONCE_BYTES) {
    throw new WireError(`handshake: nonce of ${own.nonce.length} bytes, expected ${NONCE_BYTES}`);
  }
  bytes.set(own.nonce, 48);
  return bytes;
}

export function encodeHello(hello: Hello): Uint8Array {
  checkMembership(hello);
  return opening(HELLO, hello.role === 'worker' ? 1 : 2, hello, hello.generation, hello.rank);
}

export function encodeChallenge(challenge: Opening): Uint8Array {
  return opening(CHALLENGE, 0, challenge, 0, 0);
}

/** The version of a hello or challenge, even of one whose layout is not known here. */
export function openingVersion(bytes: Uint8Array, kind: number): number {
  if (bytes.length < 16 || bytes[0] !== kind || MAGIC.some((byte, i) => bytes[10 + i] !== byte)) {
    const what = kind === HELLO ? 'hello' : 'challenge';
    throw new WireError(
      `handshake: expected a ${what}, got ${bytes.length} bytes that begin with ${show(bytes[0])}`,
    );
  }
  return view(bytes).getUint16(2, true);
}

export function decodeHello(bytes: Uint8Array): Hello {
  const version = openingVersion(bytes, HELLO);
  sized(bytes, OPENING_BYTES, 'hello');
  if (bytes[1] !== 1 && bytes[1] !== 2)
    throw new WireError(`handshake: hello with role ${bytes[1]}`);
  const hello: Hello = {
    version,
    role: bytes[1] === 1 ? 'worker' : 'peer',
    generation: view(bytes).getUint32(4, true),
    rank: view(bytes).getUint16(8, true),
    ...decodeOpening(bytes),
  };
  checkMembership(hello);
  return hello;
}

function checkMembership({ role, generation, rank }: Hello): void {
  const most = role === 'worker' ? 0 : MAX_MEMBERS - 1;
  unsigned(generation, role === 'worker' ? 0 : 2 ** 32 - 1, `a ${role}'s generation`);
  unsigned(rank, most, `a ${role}'s rank`);
}

export function decodeChallenge(bytes: Uint8Array): Opening {
  const version = openingVersion(bytes, CHALLENGE);
  sized(bytes, OPENING_BYTES, 'challenge');
  if (bytes[1] !== 0 || bytes.subarray(4, 10).some((byte) => byte !== 0)) {
    throw new WireError('handshake: challenge with bytes set that are 0');
  }
  return { version, ...decodeOpening(bytes) };
}

function decodeOpening(bytes: Uint8Array) {
  const arithmetic = decodeArithmetic(bytes.subarray(16, 48));
  return { arithmetic, nonce: new Uint8Array(bytes.subarray(48)) };
}

/** ASCII, and zeros up to its place's end. */
function encodeArithmetic(name: string): Uint8Array {
  if (!/^[a-z0-9.-]{1,32}$/.test(name)) throw notAnArithmetic(name);
  return toUtf8(name);
}

function decodeArithmetic(bytes: Uint8Array): string {
  const text = toLatin1(bytes);
  const [name] = /^[a-z0-9.-]+/.exec(text) ?? [''];
  if (name === '' || !/^\0*$/.test(text.slice(name.length))) throw notAnArithmetic(text);
  return name;
}

function notAnArithmetic(text: string): WireError {
  return new WireError(
    `handshake: arithmetic is ${show(text)}, expected 1 to 32 of a-z, 0-9, "." and "-"`,
  );
}

export function encodeProof(mac: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PROOF_BYTES);
  bytes[0] = PROOF;
  bytes.set(mac, 8);
  return bytes;
}

export function decodeProof(bytes: Uint8Array): Uint8Array {
  sized(bytes, PROOF_BYTES, 'proof');
  if (bytes[0] !== PROOF || bytes.subarray(1, 8).some((byte) => byte !== 0)) {
    throw new WireError(`handshake: expected a proof, got bytes that begin with ${bytes[0]}`);
  }
  return new Uint8Array(bytes.subarray(8));
}

/** The welcome without its proof: kind u8, 0, rank u16, incarnation u32, run. */
export function encodeWelcomeHead(server: Server): Uint8Array {
  const bytes = new Uint8Array(WELCOME_HEAD_BYTES);
  unsigned(server.rank, COORDINATOR_RANK, 'rank');
  unsigned(server.incarnation, 2 ** 32 - 1, 'incarnation');
  bytes[0] = WELCOME;
  view(bytes).setUint16(2, server.rank, true);
  view(bytes).setUint32(4, server.incarnation, true);
  bytes.set(sizedHex(server.run, 16, 'run'), 8);
  return bytes;
}

export function decodeWelcome(bytes: Uint8Array): { server: Server; mac: Uint8Array } {
  sized(bytes, WELCOME_BYTES, 'welcome');
  if (bytes[0] !== WELCOME || bytes[1] !== 0) {
    throw new WireError(`handshake: expected a welcome, got bytes that begin with ${bytes[0]}`);
  }
  const server: Server = {
    run: toHex(bytes.subarray(8, WELCOME_HEAD_BYTES)),
    incarnation: view(bytes).getUint32(4, true),
    rank: view(bytes).getUint16(2, true),
  };
  return { server, mac: new Uint8Array(bytes.subarray(WELCOME_HEAD_BYTES)) };
}

/** Kind u8, length of the code u8, length of the message u16, code (ASCII), message (UTF-8). Too long ones are cut. */
export function encodeRefusal(refusal: Refusal): Uint8Array {
  const code = toUtf8(refusal.code.replace(/[^a-z0-9-]/g, '-').slice(0, CODE_CHARACTERS));
  // A UTF-16 unit takes at most three bytes of UTF-8.
  const message = toUtf8(printable(refusal.message, Math.floor(MESSAGE_BYTES / 3)));
  const bytes = new Uint8Array(4 + code.length + message.length);
  bytes[0] = REFUSAL;
  bytes[1] = code.length;
  view(bytes).setUint16(2, message.length, true);
  bytes.set(code, 4);
  bytes.set(message, 4 + code.length);
  return bytes;
}

export function decodeRefusal(bytes: Uint8Array): Refusal {
  if (bytes.length < 4) throw new WireError(`handshake: a refusal of ${bytes.length} bytes`);
  const codeBytes = bytes[1]!;
  const messageBytes = view(bytes).getUint16(2, true);
  if (codeBytes > CODE_CHARACTERS || messageBytes > MESSAGE_BYTES) {
    throw new WireError(`handshake: a refusal with ${codeBytes} and ${messageBytes} bytes of text`);
  }
  sized(bytes, 4 + codeBytes + messageBytes, 'refusal');
  const code = toLatin1(bytes.subarray(4, 4 + codeBytes));
  if (!/^[a-z0-9-]+$/.test(code)) throw new WireError(`handshake: a refusal's code ${show(code)}`);
  const message = fromUtf8(bytes.subarray(4 + codeBytes));
  return { code, message: printable(message, MESSAGE_BYTES) };
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sized(bytes: Uint8Array, expected: number, what: string): void {
  if (bytes.length !== expected) {
    throw new WireError(`handshake: a ${what} of ${bytes.length} bytes, expected ${expected}`);
  }
}

function unsigned(value: number, most: number, what: string): void {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new WireError(`handshake: ${what} is ${show(value)}, expected 0 to ${most}`);
  }
}

function sizedHex(digits: string, size: number, what: string): Uint8Array {
  if (!/^[0-9a-f]*$/.test(digits) || digits.length !== 2 * size) {
    throw new WireError(
      `handshake: ${what} ${show(digits)}, expected ${2 * size} hexadecimal digits`,
    );
  }
  return fromHex(digits);
}
