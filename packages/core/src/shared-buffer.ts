// Memory that other threads see when it is posted to them. A page that is not cross-origin isolated has none to share, and no
// thread to share it with: memory of its own takes its place.

/** Zeroed; shared where this engine lets memory be shared. @throws RangeError if there is not so much memory */
export function sharedBuffer(bytes: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === 'undefined'
    ? new ArrayBuffer(bytes)
    : new SharedArrayBuffer(bytes);
}
