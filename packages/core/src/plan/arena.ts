// Lays tensors out in one arena: each gets a place when it is written and gives it back after its last use.
// First fit over a sorted free list; places are 64-byte aligned so that no two share a cache line.

export const CACHE_LINE = 64;

export function alignUp(bytes: number, alignment = CACHE_LINE): number {
  return Math.ceil(bytes / alignment) * alignment;
}

interface Gap {
  offset: number;
  bytes: number;
}

export class Arena {
  #gaps: Gap[] = [];
  #end = 0;

  /** Size that holds everything that was ever live at once. */
  get bytes(): number {
    return this.#end;
  }

  /** @returns the byte offset of a free place */
  take(bytes: number): number {
    const size = alignUp(Math.max(bytes, 1));
    const fit = this.#gaps.findIndex((gap) => gap.bytes >= size);
    if (fit < 0) {
      const last = this.#gaps.at(-1);
      const offset = last && last.offset + last.bytes === this.#end ? last.offset : this.#end;
      if (offset !== this.#end) this.#gaps.pop();
      this.#end = offset + size;
      return offset;
    }
    const gap = this.#gaps[fit]!;
    const offset = gap.offset;
    gap.offset += size;
    gap.bytes -= size;
    if (gap.bytes === 0) this.#gaps.splice(fit, 1);
    return offset;
  }

  give(offset: number, bytes: number): void {
    const size = alignUp(Math.max(bytes, 1));
    const after = this.#gaps.findIndex((gap) => gap.offset > offset);
    const at = after < 0 ? this.#gaps.length : after;
    this.#gaps.splice(at, 0, { offset, bytes: size });
    this.#merge(at);
    if (at > 0) this.#merge(at - 1);
  }

  #merge(index: number): void {
    const gap = this.#gaps[index]!;
    const next = this.#gaps[index + 1];
    if (next && gap.offset + gap.bytes === next.offset) {
      gap.bytes += next.bytes;
      this.#gaps.splice(index + 1, 1);
    }
  }
}
