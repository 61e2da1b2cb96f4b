// The little of etcd that an election takes: leases, and a key that is made once. Over the JSON that etcd 3.4 and newer speak
// beside gRPC, with keys and values in Base64 and whole numbers as texts.
// Invariant: what is asked twice does no harm, so a member that does not answer is passed over for the next one. What has never
// answered as etcd does, and answers, is none, and does not become one; what has may have a proxy before it that is in trouble.
import { ConfigError, LockstepError } from '@lockstep/errors';
import { printable } from '@lockstep/wire';

/** No member of etcd answered, or one answered what cannot be used. */
export class EtcdError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('etcd', message, options);
  }
}

/** Something answers there that is no etcd. */
class OtherServer extends EtcdError {}

export interface EtcdEntry {
  readonly value: string;
  /** The revision at which the key was made: of all of an etcd, each change has a higher one. */
  readonly created: number;
}

export interface EtcdLease {
  readonly lease: string;
  /** As etcd gave it, which may be more than was asked for. */
  readonly ttlMs: number;
}

const REQUEST_MS = 1000;
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_SHOWN = 200;
/** An address and a port, and where a proxy has it a path. */
const MEMBER = /^https?:\/\/[^/\s?#,@]+(\/[^\s?#,]*)?$/;

type Json = Readonly<Record<string, unknown>>;

/** As much of etcd as an election needs, by its JSON gateway. */
export class Etcd {
  /** The one that answered last comes first. */
  #members: readonly string[];
  #hasAnswered = false;

  /**
   * @param members as `http://10.0.0.1:2379`
   * @throws ConfigError if one is no such address
   */
  constructor(members: readonly string[]) {
    for (const member of members) {
      if (MEMBER.test(member)) continue;
      throw new ConfigError(
        `etcd: "${member}" is no address of a member; expected http:// or https://, a host and a port, such as http://10.0.0.1:2379`,
      );
    }
    this.#members = members.map((member) => member.replace(/\/+$/, ''));
  }

  async grant(seconds: number, signal?: AbortSignal): Promise<EtcdLease> {
    const { ID, TTL } = await this.#ask('lease/grant', { TTL: seconds }, signal);
    if (typeof ID !== 'string') throw unusable('lease/grant');
    return { lease: ID, ttlMs: 1000 * Number(TTL) };
  }

  /** @returns milliseconds that the lease has from when this was asked; 0 if there is no such lease any more */
  async keep(lease: string, signal?: AbortSignal): Promise<number> {
    const { result } = await this.#ask('lease/keepalive', { ID: lease }, signal);
    return 1000 * Number((result as Json | undefined)?.TTL ?? 0);
  }

  /** All keys under it go at once. */
  async revoke(lease: string, signal?: AbortSignal): Promise<void> {
    await this.#ask('lease/revoke', { ID: lease }, signal);
  }

  async read(key: string, signal?: AbortSignal): Promise<EtcdEntry | undefined> {
    const { kvs } = await this.#ask('kv/range', { key: encode(key) }, signal);
    return entryOf(kvs);
  }

  /** Makes a key that is not there. @returns the revision at which it was made, or what is there instead */
  async create(
    key: string,
    value: string,
    lease: string,
    signal?: AbortSignal,
  ): Promise<{ readonly created: number } | { readonly there: EtcdEntry | undefined }> {
    const answer = await this.#change(key, 0, value, lease, signal);
    if (answer.succeeded === true) {
      return { created: Number((answer.header as Json | undefined)?.revision) };
    }
    const [response] = (answer.responses ?? []) as readonly Json[];
    return { there: entryOf((response?.response_range as Json | undefined)?.kvs) };
  }

  /** Changes what a key says that was made at a revision, and has not gone since. @returns false if it has */
  async replace(
    key: string,
    created: number,
    value: string,
    lease: string,
    signal?: AbortSignal,
  ): Promise<boolean> {
    return (await this.#change(key, created, value, lease, signal)).succeeded === true;
  }

  #change(
    key: string,
    created: number,
    value: string,
    lease: string,
    signal: AbortSignal | undefined,
  ): Promise<Json> {
    const name = encode(key);
    const compare = { key: name, target: 'CREATE', result: 'EQUAL', create_revision: `${created}` };
    const put = { key: name, value: encode(value), lease };
    return this.#ask(
      'kv/txn',
      {
        compare: [compare],
        success: [{ request_put: put }],
        failure: [{ request_range: { key: name } }],
      },
      signal,
    );
  }

  async #ask(what: string, question: Json, signal: AbortSignal | undefined): Promise<Json> {
    const reasons: string[] = [];
    let areOthers = !this.#hasAnswered;
    for (const member of this.#members) {
      try {
        const answer = await askMember(`${member}/v3/${what}`, question, signal);
        if (member !== this.#members[0]) this.#prefer(member);
        this.#hasAnswered = true;
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        areOthers &&= error instanceof OtherServer;
        reasons.push(`${member}: ${reasonOf(error)}`);
      }
    }
    const why = reasons.join('; ');
    if (!areOthers) throw new EtcdError(`etcd does not answer: ${why}`);
    throw new ConfigError(
      `etcd: ${why}. Give addresses at which clients reach members of an etcd 3.4 or newer, such as http://10.0.0.1:2379`,
    );
  }

  #prefer(member: string): void {
    this.#members = [member, ...this.#members.filter((other) => other !== member)];
  }
}

async function askMember(
  url: string,
  question: Json,
  signal: AbortSignal | undefined,
): Promise<Json> {
  const limit = new AbortController();
  // Of `AbortSignal.timeout`, as one of several, a garbage collection may leave nothing.
  const late = (): void => limit.abort(new EtcdError(`no answer in ${REQUEST_MS} ms`));
  const timer = setTimeout(late, REQUEST_MS);
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(question),
      headers: { 'content-type': 'application/json' },
      signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
    });
    return answerIn(response, await textOf(response));
  } finally {
    clearTimeout(timer);
  }
}

/** @throws OtherServer if it is not etcd's */
function answerIn({ status, ok, headers }: Response, text: string): Json {
  const answer = jsonIn(text);
  if (ok && isOfEtcd(answer)) return answer;
  const told = answer?.message ?? answer?.error;
  const words = typeof told === 'string' ? `: ${printable(told, MAX_SHOWN)}` : '';
  // Whoever stands before an etcd says that it is not there; a server that does not know
  // the method (501) stands before none.
  const isAway = (status >= 500 && status !== 501) || status === 429;
  if (isAway || (!ok && isRpcCode(answer?.code))) {
    throw new EtcdError(`it answered ${status}${words}`);
  }
  const kind = printable(headers.get('content-type')?.split(';', 1)[0] ?? '', MAX_SHOWN);
  // A page is nothing to be read here.
  const plain = kind === 'text/plain' ? `: ${printable(text.trim(), MAX_SHOWN)}` : '';
  const what = kind === '' ? '' : ` with ${kind}${plain}`;
  throw new OtherServer(`what is there is no etcd: it answered ${status}${what}`);
}

/** Errors of etcd have one of gRPC's. */
function isRpcCode(code: unknown): boolean {
  return Number.isInteger(code) && (code as number) >= 1 && (code as number) <= 16;
}

/** Answers of etcd say of which cluster they are; those to a stream of questions say it one level below. */
function isOfEtcd(answer: Json | undefined): answer is Json {
  const { header } = Object(answer?.result ?? answer) as Json;
  return typeof header === 'object' && header !== null;
}

/** As much as an answer may have; what is longer is cut, and then no JSON. */
async function textOf({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    length += piece.byteLength;
    pieces.push(piece);
    if (length > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
}

/** An answer to a stream of questions is a line each; there was one. @returns undefined if it is no JSON */
function jsonIn(text: string): Json | undefined {
  try {
    return Object(JSON.parse(text.split('\n', 1)[0]!));
  } catch {
    return undefined;
  }
}

function entryOf(kvs: unknown): EtcdEntry | undefined {
  const [entry] = (kvs ?? []) as readonly Json[];
  if (!entry) return undefined;
  const value = Buffer.from(String(entry.value ?? ''), 'base64').toString('utf8');
  return { value, created: Number(entry.create_revision) };
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function unusable(what: string): EtcdError {
  return new EtcdError(`the answer to ${what} is not what etcd 3.4 and newer give`);
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  // `fetch failed` says nothing.
  return (cause instanceof Error && cause.message) || message;
}
