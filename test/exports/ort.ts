// ONNX Runtime's WebAssembly build, which computes a network from its file alone: what exports are held against. One
// thread, and no network: its module lies beside it.
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

export interface Computed {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A file, ready to compute. */
export class OnnxSession {
  readonly #session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  static async open(file: Uint8Array): Promise<OnnxSession> {
    return new OnnxSession(await ort.InferenceSession.create(file));
  }

  /** Of inputs and outputs. */
  get names(): readonly string[] {
    return [...this.#session.inputNames, ...this.#session.outputNames];
  }

  /** What it gives by name for what it is given by name, each [rows, …]. */
  async computeByName(
    inputs: Readonly<Record<string, { readonly data: Float32Array; readonly dims: number[] }>>,
  ): Promise<Record<string, Computed>> {
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, dims }]) => [
        name,
        new ort.Tensor('float32', data, dims),
      ]),
    );
    const outputs = await this.#session.run(feeds);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { dims, data }]) => [
        name,
        { dims, data: data as Float32Array },
      ]),
    );
  }

  /** @param data of `rows` samples */
  async compute(
    data: Float32Array,
    rows: number,
    sampleShape: readonly number[],
    isTokens = false,
  ): Promise<Computed> {
    const dims = [rows, ...sampleShape];
    const input = isTokens
      ? new ort.Tensor('int64', BigInt64Array.from(data, BigInt), dims)
      : new ort.Tensor('float32', data, dims);
    const { output } = await this.#session.run({ input });
    return { dims: output!.dims, data: output!.data as Float32Array };
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}
