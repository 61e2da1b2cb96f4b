// The handshake: both sides prove that they know a key without sending it, before anything else is said.
//
//   client                                            server
//   hello {version, role, arithmetic, nonce, …}  ->
//                                                 <-  challenge {version, arithmetic, nonce}
//   proof  = HMAC("client" | hello | challenge)   ->
//                                                 <-  welcome {run, incarnation, rank, HMAC("server" | all of that)}
//
// Invariant: neither side believes or tells anything of the run before it has verified the other's HMAC. A proof is
// good for one connection (both nonces are in it) and one direction (its label). No sockets, clocks or randomness:
// nonces and keys are passed in. Against relaying a whole connection only TLS helps.
import { equalBytes, hmacSha256 } from '@lockstep/hash';
import { joinBytes, toUtf8 } from './bytes.js';
import {
  CHALLENGE,
  decodeChallenge,
  decodeHello,
  decodeProof,
  decodeRefusal,
  decodeWelcome,
  encodeChallenge,
  encodeHello,
  encodeProof,
  encodeRefusal,
  encodeWelcomeHead,
  HELLO,
  type Hello,
  openingVersion,
  REFUSAL,
  type Refusal,
  type Role,
  type Server,
  WELCOME_HEAD_BYTES,
} from './handshake-messages.js';
import { COORDINATOR_RANK, PRE_AUTH_BYTES, PROTOCOL_VERSION } from './limits.js';
import { WireError } from './wire-error.js';

export type { Hello, Refusal, Role, Server } from './handshake-messages.js';

/** What a side does next. Exactly one of `done` and `refused` ends a handshake; what is in `send` goes out first. */
export interface HandshakeStep<Identity> {
  readonly send?: Uint8Array;
  readonly done?: Identity;
  readonly refused?: Refusal;
}

/** Who the other side has proven to be, to a server. */
export interface ProvenClient {
  readonly role: Role;
  readonly generation: number;
  readonly rank: number;
  readonly run: string;
  readonly incarnation: number;
}

export interface ClientOptions {
  readonly role: Role;
  /** Name and version of the kernels' numbers; both sides' must be equal. */
  readonly arithmetic: string;
  /** The token's bytes for a worker, the generation's key for a peer. */
  readonly key: Uint8Array;
  /** 32 random bytes, never used before. */
  readonly nonce: Uint8Array;
  /** Of a peer: its generation and its own rank in it. */
  readonly generation?: number;
  readonly rank?: number;
}

/** What a server knows of the one that says hello: the key to prove, and what to tell it then; or why not. */
export type Identified =
  | {
      readonly key: Uint8Array;
      readonly run: string;
      readonly incarnation: number;
      /** The server's own; without it, it is the coordinator. */
      readonly rank?: number;
    }
  | Refusal;

export interface ServerOptions {
  readonly arithmetic: string;
  /** 32 random bytes, never used before. */
  readonly nonce: Uint8Array;
  /** Called once, for a hello of the right version and arithmetic. A refusal's text goes to a stranger. */
  identify(hello: Hello): Identified;
}

/** The side that dials. `start`, then `receive` for each message, until `done` or `refused`. */
export class ClientHandshake {
  private readonly options: ClientOptions;
  private readonly hello: Uint8Array;
  private state: 'new' | 'hello sent' | 'proof sent' | 'over' = 'new';
  private transcript: Uint8Array = new Uint8Array(0);

  constructor(options: ClientOptions) {
    const { role, arithmetic, nonce, generation = 0, rank = 0 } = options;
    checkKey(options.key);
    this.options = options;
    this.hello = encodeHello({
      version: PROTOCOL_VERSION,
      role,
      arithmetic,
      nonce,
      generation,
      rank,
    });
  }

  start(): HandshakeStep<Server> {
    if (this.state !== 'new') throw new WireError('handshake: started twice');
    this.state = 'hello sent';
    return { send: this.hello };
  }

  /** @param bytes one whole message. What is wrong with it comes back as `refused`. */
  receive(bytes: Uint8Array): HandshakeStep<Server> {
    const before = this.state;
    if (before !== 'hello sent' && before !== 'proof sent') {
      throw new WireError('handshake: a message before its start or after its end');
    }
    this.state = 'over';
    return guarded(bytes, () => {
      if (bytes[0] === REFUSAL) return { refused: decodeRefusal(bytes) };
      if (before === 'proof sent') return this.welcomed(bytes);
      const step = this.challenged(bytes);
      if (step.refused === undefined) this.state = 'proof sent';
      return step;
    });
  }

  private challenged(bytes: Uint8Array): HandshakeStep<Server> {
    const { arithmetic, key, nonce } = this.options;
    const version = openingVersion(bytes, CHALLENGE);
    if (version !== PROTOCOL_VERSION) return { refused: otherVersion(PROTOCOL_VERSION, version) };
    const challenge = decodeChallenge(bytes);
    if (challenge.arithmetic !== arithmetic) {
      return { refused: otherArithmetic(arithmetic, challenge.arithmetic) };
    }
    if (equalBytes(challenge.nonce, nonce)) {
      return { refused: { code: 'protocol', message: 'the other side sent our own nonce back' } };
    }
    const proof = encodeProof(hmac(key, 'client', this.hello, bytes));
    this.transcript = joinBytes([this.hello, bytes, proof]);
    return { send: proof };
  }

  private welcomed(bytes: Uint8Array): HandshakeStep<Server> {
    const { server, mac } = decodeWelcome(bytes);
    const head = bytes.subarray(0, WELCOME_HEAD_BYTES);
    if (!equalBytes(mac, hmac(this.options.key, 'server', this.transcript, head))) {
      return { refused: unauthorized('the other side does not know the key') };
    }
    return { done: server };
  }
}

/** The side that listens. `receive` for each message, until `done` or `refused`. */
export class ServerHandshake {
  private readonly options: ServerOptions;
  private readonly challenge: Uint8Array;
  private state: 'new' | 'challenge sent' | 'over' = 'new';
  private hello: Hello | undefined;
  private transcript: Uint8Array = new Uint8Array(0);
  private key: Uint8Array = new Uint8Array(0);
  private self: Server | undefined;

  constructor(options: ServerOptions) {
    const { arithmetic, nonce } = options;
    this.options = options;
    this.challenge = encodeChallenge({ version: PROTOCOL_VERSION, arithmetic, nonce });
  }

  /** @param bytes one whole message. What is wrong with it comes back as `refused`, and as bytes for the other side. */
  receive(bytes: Uint8Array): HandshakeStep<ProvenClient> {
    const before = this.state;
    if (before === 'over') throw new WireError('handshake: a message after its end');
    this.state = 'over';
    const step = guarded(bytes, () => {
      if (before === 'challenge sent') return this.proven(bytes);
      const answer = this.greeted(bytes);
      if (answer.refused === undefined) this.state = 'challenge sent';
      return answer;
    });
    return step.refused === undefined ? step : { ...step, send: encodeRefusal(step.refused) };
  }

  private greeted(bytes: Uint8Array): HandshakeStep<ProvenClient> {
    const { arithmetic, nonce } = this.options;
    const version = openingVersion(bytes, HELLO);
    if (version !== PROTOCOL_VERSION) return { refused: otherVersion(version, PROTOCOL_VERSION) };
    const hello = decodeHello(bytes);
    if (hello.arithmetic !== arithmetic) {
      return { refused: otherArithmetic(hello.arithmetic, arithmetic) };
    }
    if (equalBytes(hello.nonce, nonce)) {
      return { refused: { code: 'protocol', message: 'the nonce of the other side is our own' } };
    }
    const identified = this.options.identify(hello);
    if ('code' in identified) return { refused: identified };
    const { key, run, incarnation, rank = COORDINATOR_RANK } = identified;
    checkKey(key);
    this.key = key;
    this.self = { run, incarnation, rank };
    this.hello = hello;
    this.transcript = joinBytes([bytes, this.challenge]);
    return { send: this.challenge };
  }

  private proven(bytes: Uint8Array): HandshakeStep<ProvenClient> {
    const hello = this.hello!;
    const self = this.self!;
    const mac = decodeProof(bytes);
    if (!equalBytes(mac, hmac(this.key, 'client', this.transcript))) {
      const key = hello.role === 'worker' ? 'token' : `key of generation ${hello.generation}`;
      return { refused: unauthorized(`the ${key} is wrong`) };
    }
    const head = encodeWelcomeHead(self);
    const proof = hmac(this.key, 'server', this.transcript, bytes, head);
    const { role, generation, rank } = hello;
    return {
      send: joinBytes([head, proof]),
      done: { role, generation, rank, run: self.run, incarnation: self.incarnation },
    };
  }
}

/** Every field of both openings and the welcome is under the HMAC because their bytes are, all of fixed length. */
function hmac(key: Uint8Array, label: 'client' | 'server', ...transcript: Uint8Array[]) {
  return hmacSha256(key, [toUtf8(`lockstep ${label}\0`), ...transcript]);
}

/** An empty key would let everyone in who knows that it is empty. */
function checkKey(key: Uint8Array): void {
  if (!(key instanceof Uint8Array) || key.length === 0) {
    throw new WireError('handshake: the key is empty; expected a token of at least one byte');
  }
}

function guarded<T>(bytes: Uint8Array, answer: () => HandshakeStep<T>): HandshakeStep<T> {
  if (bytes.length > PRE_AUTH_BYTES) {
    const message = `${bytes.length} bytes before the handshake was done, expected at most ${PRE_AUTH_BYTES}`;
    return { refused: { code: 'protocol', message } };
  }
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { refused: { code: 'protocol', message: error.message } };
  }
}

function unauthorized(message: string): Refusal {
  return { code: 'unauthorized', message };
}

function otherVersion(client: number, server: number): Refusal {
  const message = `protocol version ${client} dialled ${server}: install the same version of Lockstep on both sides`;
  return { code: 'version', message };
}

function otherArithmetic(client: string, server: string): Refusal {
  const message = `arithmetic ${client} dialled ${server}, and bits would differ: use backends of one arithmetic and the same version of Lockstep on both sides`;
  return { code: 'arithmetic', message };
}
