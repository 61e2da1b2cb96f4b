// What a server of the page streams, as tests read it: one JSON value a line, and empty ones between.

export async function* toldLines<T>(body: ReadableStream<Uint8Array>): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    rest += decoder.decode(piece, { stream: true });
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      if (end > 0) yield JSON.parse(rest.slice(0, end));
      rest = rest.slice(end + 1);
    }
  }
}
