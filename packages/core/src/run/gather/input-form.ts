// The contract of what leaves a shard's inputs in the arena as a program reads them. Dense and sparse are the forms that
// there are; a variant's condition says which one it takes.
// The rows lie where the gatherer copied them: bytes in the staging area, floats, already divided, at their place in
// the arena.

export interface InputForm {
  /**
   * @param rows address of the rows that were copied
   * @param count how many they are
   * @returns false if these samples do not suit; nothing can be read in this form then
   */
  put(rows: number, count: number): boolean;
}
