// A report: all that the page shows lies in its own file, as JSON, with bytes in base64 of what gzip makes of them.
// Nobody is there to be asked for more, so what the report was made without is not there.
import { LockstepError } from '@lockstep/errors';
import type { Message, Source, SourceState } from '../../contract.js';
import type { EmbeddedReport, EmbeddedSamples } from '../../report/embedded-report.js';

export class EmbeddedSource implements Source {
  readonly isLive = false;
  readonly #report: EmbeddedReport;
  /** They are asked for piece by piece. */
  readonly #unpacked = new Map<EmbeddedSamples, Promise<Uint8Array>>();

  constructor(report: EmbeddedReport) {
    this.#report = report;
  }

  listen(hear: (message: Message) => void, onState: (state: SourceState) => void): () => void {
    for (const message of this.#report.messages) hear(message);
    onState('connected');
    return () => {};
  }

  async model(run: string): Promise<{ step: number; bytes: Uint8Array } | undefined> {
    const model = this.#report.models.find((model) => model.run === run);
    return model && { step: model.step, bytes: await unpack(model.bytes) };
  }

  /** A report is of what a run came to, after its last step. */
  async gradients(): Promise<undefined> {
    return undefined;
  }

  async samples(
    run: string,
    dataset: string,
    first: number,
    count: number,
  ): Promise<Uint8Array | undefined> {
    const packed = this.#report.samples.find(
      (part) => part.runs.includes(run) && part.dataset === dataset,
    );
    if (packed === undefined) return undefined;
    const unpacked = this.#unpacked.get(packed) ?? unpack(packed.bytes);
    this.#unpacked.set(packed, unpacked);
    const { sliceSamples } = await import('./slice-samples.js');
    return sliceSamples(await unpacked, first, count);
  }

  async act(): Promise<never> {
    throw new LockstepError('refused', 'a report shows what was: there is no run to tell anything');
  }
}

async function unpack(base64: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
