// What a side of the handshake draws: by the interface that Node and pages have alike.

/** @returns 32 random bytes, fit for keys */
export function drawNonce(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}
