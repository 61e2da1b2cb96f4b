// The little of etcd that an election takes: leases, and a key that is made once. Over the JSON that etcd 3.4 and newer speak
// beside gRPC, with keys and values in Base64 and whole numbers as texts.
// Invariant: what is asked twice does no harm, so a member that does not answer is passed over for the next one.
import { ConfigError, LockstepError } from '@lockstep/errors';

/** No member of etcd answered, or one answered what cannot be used. */
export class EtcdError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('etcd', message, options);
  }
}

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
/** An address and a port, and where a proxy has it a path. */
const MEMBER = /^https?:\/\/[^/\s?#,@]+(\/[^\s?#,]*)?$/;

type Json = Readonly<Record<string, unknown>>;

/** As much of etcd as an election needs, by its JSON gateway. */
export class Etcd {
  /** The one that answered last comes first. */
  #members: readonly string[];

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
    for (const member of this.#members) {
      try {
        const answer = await askMember(`${member}/v3/${what}`, question, signal);
        if (member !== this.#members[0]) this.#prefer(member);
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        reasons.push(`${member}: ${reasonOf(error)}`);
      }
    }
    throw new EtcdError(`etcd does not answer: ${reasons.join('; ')}`);
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
  const limit = AbortSignal.timeout(REQUEST_MS);
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(question),
    headers: { 'content-type': 'application/json' },
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  const text = await response.text();
  if (!response.ok) {
    throw new EtcdError(`it answered ${response.status}: ${text.slice(0, 200).trim()}`);
  }
  if (text.length > MAX_ANSWER_BYTES) throw unusable(url);
  try {
    // An answer to a stream of questions is a line each; there was one.
    return Object(JSON.parse(text.split('\n', 1)[0]!));
  } catch {
    throw unusable(url);
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
  return new EtcdError(`etcd: the answer to ${what} is not what etcd 3.4 and newer give`);
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer in ${REQUEST_MS} ms`;
  // `fetch failed` says nothing.
  return (cause instanceof Error && cause.message) || message;
}
