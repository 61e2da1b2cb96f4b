// What a page of the dashboard would do, in a test: it asks, and hears the stream.
import { expect } from 'vitest';
import { toldLines } from '../../apps/dashboard/src/server/told-lines.fixture.js';
import type { Running } from './lockstep.js';

export interface Told {
  readonly type: string;
  readonly [more: string]: unknown;
}

/** What a page would do. */
export class Page {
  readonly #origin: string;
  readonly #headers: Record<string, string>;
  #messages: AsyncGenerator<Told> | undefined;

  constructor(url: string) {
    const { origin, hash } = new URL(url);
    this.#origin = origin;
    this.#headers = { authorization: `Bearer ${hash.replace('#token=', '')}` };
  }

  ask(what: string, method = 'GET'): Promise<Response> {
    return fetch(`${this.#origin}/api/${what}`, { method, headers: this.#headers });
  }

  async bytes(what: string): Promise<Uint8Array> {
    const answer = await this.ask(what);
    expect(answer.status, what).toBe(200);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** The runs that there are, as soon as there is one: the page is served before its run begins. */
  async runs(): Promise<Told[]> {
    for (;;) {
      const { runs } = (await this.next('runs')) as unknown as { runs: Told[] };
      if (runs.length > 0) return runs;
    }
  }

  /** The next message of this kind. */
  async next(type: string): Promise<Told> {
    return (await this.until(type)).at(-1)!;
  }

  /** All up to the next message of this kind. */
  async until(type: string): Promise<Told[]> {
    this.#messages ??= toldLines<Told>((await this.ask('stream')).body!);
    const heard: Told[] = [];
    for (;;) {
      const { value, done } = await this.#messages.next();
      if (done) throw new Error(`the stream ended before a ${type}`);
      heard.push(value);
      if (value.type === type) return heard;
    }
  }
}

export async function pageOf(run: Running): Promise<Page> {
  await run.holds('#token=');
  const [url] = /http:[^\s"]+#token=[\w-]+/.exec(run.errorText + run.text)!;
  return new Page(url);
}
