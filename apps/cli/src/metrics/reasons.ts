// Why something was lost, as a label: a code is what the other side of a link says, so only those that are known are taken.

const KNOWN: ReadonlySet<string> = new Set([
  // Of links: the connection broke, was closed without a word, was silent, was damaged, or spoke otherwise than agreed.
  ...['lost', 'closed', 'silent', 'crc', 'protocol'],
  // Of workers: it left or was sent away on purpose; held the others up, computed otherwise, could not be dialled, or its threads died.
  ...['left', 'dismissed', 'overdue', 'audit', 'unreachable', 'thread-lost'],
  // Of a coordinator: the run is over, or was given up.
  ...['over', 'stopped', 'refused', 'timeout'],
]);

/** `other` for a code that is none of ours. */
export function knownReason(code: string): string {
  return KNOWN.has(code) ? code : 'other';
}
