// Where two files with tensors part in what they say besides them: the texts of their headers' metadata.
// Not here: the tensors (tensor-differences.ts). What a header says of those is compared with them.
import type { StoredTensors } from './stored-tensors.js';

/** How what two files say under one key differs. */
export interface MetadataDifference {
  /** The key. */
  readonly name: string;
  /** Around the first character that differs; null where it is not there. */
  readonly left: string | null;
  readonly right: string | null;
}

/**
 * @returns none for files of different kinds, as a model and what somebody else wrote, which say other things of the same
 * tensors, and for files that say nothing besides
 */
export function metadataDifferences(
  { metadata: left }: StoredTensors,
  { metadata: right }: StoredTensors,
): MetadataDifference[] {
  if (left === null || right === null || isOurs(left) !== isOurs(right)) return [];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((name) => {
    const [one, other] = [own(left, name), own(right, name)];
    if (one === other) return [];
    const at = firstOther(one ?? '', other ?? '');
    return [{ name, left: around(one, at), right: around(other, at) }];
  });
}

type Texts = NonNullable<StoredTensors['metadata']>;

/** One whose tag was altered has other keys of ours. */
function isOurs(metadata: Texts): boolean {
  return Object.keys(metadata).some((key) => key.startsWith('lockstep'));
}

function own(metadata: Texts, name: string): string | null {
  return Object.hasOwn(metadata, name) ? metadata[name]! : null;
}

function firstOther(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}

const BEFORE = 20;
const SHOWN = 60;

function around(text: string | null, at: number): string | null {
  if (text === null) return null;
  const first = Math.max(0, at - BEFORE);
  const end = first + SHOWN;
  return `${first > 0 ? '…' : ''}${text.slice(first, end)}${end < text.length ? '…' : ''}`;
}
