// Texts in protocol buffers, as UTF-8 exactly. pbf 5.1.2 writes other characters for those from U+20000 on, and its reader
// drops a byte-order mark.
import type { PbfReader, PbfWriter } from 'pbf';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/** What is no character (half of one) becomes U+FFFD. */
export function writeText(writer: PbfWriter, field: number, text: string): void {
  writer.writeBytesField(field, ENCODER.encode(text));
}

/** The value of a field that is next. */
export function readText(reader: PbfReader): string {
  return DECODER.decode(reader.readBytes());
}
