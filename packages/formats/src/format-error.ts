// The one error of this package: bytes that are not what their format says, or values that cannot be
// written in it. It is a class of its own because this package imports nothing, so that it runs in
// Node, a thread and a browser alike. It knows no file names: whoever read the bytes adds them.

/** Bytes are not a valid file of the format, or a value cannot be written in it. `code` is stable. */
export class FormatError extends Error {
  readonly code = 'format';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FormatError';
  }
}
