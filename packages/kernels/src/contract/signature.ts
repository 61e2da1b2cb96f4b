// How a kernel's signature is written down and compared. A list of its parameters in order, as `name: type`, and last
// `=> type` if it returns a number: parameters of the same type are told apart by their names. Types are those of
// the assembly: usize (a byte address), i32, f32, f64; of a block of scalars in memory, their names.

/** Kernels that one side has and the other has not, or whose parameters differ in name, order or type. */
export type Disagreement<A, B> = {
  [Name in keyof A | keyof B]: Name extends keyof A & keyof B
    ? [A[Name], B[Name]] extends [B[Name], A[Name]]
      ? never
      : Name
    : Name;
}[keyof A | keyof B];

/** `Contract`; compiles only where nothing disagrees, and the compiler's message names the kernels otherwise. */
export type Agreed<Contract, Disagreeing extends never> = Contract & Record<Disagreeing, never>;
