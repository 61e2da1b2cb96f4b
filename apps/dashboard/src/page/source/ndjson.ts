// Objects out of a stream of bytes, a JSON object a line.
// Invariant: a line is given once it is whole, however the bytes were cut, inside a character too; what stands after the last
// line's end is none.

import { ProtocolError } from '@lockstep/errors';

/** More than that without an end of line is no message of ours. */
const MOST_CHARACTERS = 2 ** 28;

export async function* jsonLines(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
    if (rest.length > MOST_CHARACTERS) {
      throw new ProtocolError(
        'stream: a line of more than 256 MiB has no end; is that a server of Lockstep?',
      );
    }
  }
}

/**
 * A body's bytes as they come; leaving the loop cancels it. Not every browser can iterate over a stream by itself.
 *
 * @param onChunk called for each, whatever is in it
 */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
  onChunk: () => void = () => {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onChunk();
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
