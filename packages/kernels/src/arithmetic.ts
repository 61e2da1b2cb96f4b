// The name of the numbers, and what they are: the bits suite's digest of every kernel. A backend that gives these
// digests may call its arithmetic by this name. A line that changes means that bits have changed: then the name must
// change with it, since runs, checkpoints and machines are matched by the name alone. A new kernel only adds a line.

export const ARITHMETIC = 'lockstep-1';
