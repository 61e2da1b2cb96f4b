// The server that the page came from. The stream is asked for again when it breaks, later each time, and as soon as the page is
// looked at again; the server begins a new one with all that was before, so nothing has to be kept track of here.
// A server tells something every two seconds, be it an empty line: one that stands still keeps its connections, and is silent.
// Invariant: the token goes into a header alone, never into a URL; a server that refuses it is not asked again, and one that has
// said that it ends is asked seldom, in case that it comes back.
import { LockstepError } from '@lockstep/errors';
import type { Action, Message, Source, SourceState } from '../../contract.js';
import { chunksOf, jsonLines } from './ndjson.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
/** Of a server that has ended. */
const GONE_WAIT_MS = 30_000;
/** Nothing heard for so long is a server that stands still, or a network that has lost it. */
const SILENT_MS = 10_000;

/** What of a browser is needed, so that tests can stand in for it. */
export interface HttpSourceOptions {
  readonly token: string | null;
  readonly fetch?: typeof fetch;
  /** Ends after that time, or earlier if there is a reason to try at once. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export class HttpSource implements Source {
  readonly isLive = true;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;
  readonly #pause: (ms: number, signal: AbortSignal) => Promise<void>;

  constructor(options: HttpSourceOptions) {
    this.#headers = options.token === null ? {} : { authorization: `Bearer ${options.token}` };
    this.#fetch = options.fetch ?? ((...given) => fetch(...given));
    this.#pause = options.pause ?? pauseUntilSeen;
  }

  listen(hear: (message: Message) => void, onState: (state: SourceState) => void): () => void {
    const end = new AbortController();
    void this.#follow(hear, onState, end.signal);
    return () => end.abort();
  }

  async #follow(
    hear: (message: Message) => void,
    onState: (state: SourceState) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    let isGone = false;
    onState('connecting');
    while (!signal.aborted) {
      const silence = new Silence(signal);
      try {
        const asked = { headers: this.#headers, signal: silence.signal };
        const response = await this.#fetch('api/stream', asked);
        if (response.status === 401 || response.status === 403) return onState('refused');
        if (response.ok && response.body !== null) {
          for await (const message of jsonLines(chunksOf(response.body, silence.heard))) {
            const told = message as Message;
            isGone = told.type === 'bye';
            if (isGone) break;
            onState('connected');
            waitMs = FIRST_WAIT_MS;
            hear(told);
          }
        }
      } catch {
        // Whatever broke it, the next try says whether it lasts.
      } finally {
        silence.end();
      }
      if (signal.aborted) return;
      onState(isGone ? 'gone' : 'lost');
      await this.#pause(isGone ? GONE_WAIT_MS : waitMs, signal);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }

  model(run: string): Promise<{ step: number; bytes: Uint8Array } | undefined> {
    return this.#stepped(`api/runs/${run}/model`);
  }

  gradients(run: string): Promise<{ step: number; bytes: Uint8Array } | undefined> {
    return this.#stepped(`api/runs/${run}/gradients`);
  }

  async samples(
    run: string,
    dataset: string,
    first: number,
    count: number,
  ): Promise<Uint8Array | undefined> {
    const query = new URLSearchParams({ dataset, first: `${first}`, count: `${count}` });
    const response = await this.#ask(`api/runs/${run}/samples?${query}`);
    return response && new Uint8Array(await response.arrayBuffer());
  }

  async act(run: string, action: Action): Promise<void> {
    const query =
      action.do === 'drop-worker' ? `?${new URLSearchParams({ name: action.name })}` : '';
    await this.#ask(`api/runs/${run}/${action.do}${query}`, 'POST');
  }

  async #stepped(path: string): Promise<{ step: number; bytes: Uint8Array } | undefined> {
    const response = await this.#ask(path);
    if (response === undefined) return undefined;
    const step = Number(response.headers.get('x-step'));
    return { step, bytes: new Uint8Array(await response.arrayBuffer()) };
  }

  /** @returns undefined where there is nothing (204) */
  async #ask(path: string, method = 'GET'): Promise<Response | undefined> {
    const response = await this.#fetch(path, { method, headers: this.#headers }).catch((cause) => {
      throw new LockstepError('unreachable', 'the server does not answer', { cause });
    });
    if (response.status === 204) return undefined;
    if (response.ok) return response;
    throw new LockstepError('refused', await reasonOf(response));
  }
}

/** Aborts what nothing is heard from for long. */
class Silence {
  readonly #silent = new AbortController();
  readonly #outer: AbortSignal;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param outer aborts it, too */
  constructor(outer: AbortSignal) {
    this.#outer = outer;
    outer.addEventListener('abort', this.#abort);
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#silent.signal;
  }

  readonly #abort = (): void => this.#silent.abort();

  readonly heard = (): void => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#abort, SILENT_MS);
  };

  end(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#abort);
  }
}

async function reasonOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const message = typeof body === 'object' && body !== null && 'message' in body && body.message;
  return typeof message === 'string' ? message : `the server answered ${response.status}`;
}

function pauseUntilSeen(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onSeen);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const onSeen = (): void => {
      if (document.visibilityState === 'visible') done();
    };
    const timer = setTimeout(done, ms);
    document.addEventListener('visibilitychange', onSeen);
    signal.addEventListener('abort', done);
  });
}
