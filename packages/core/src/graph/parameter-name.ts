// What a parameter may be called. The name is a key in files (safetensors) and messages, so it is checked
// alike for a model that is traced and for a graph that comes from outside.
import { GraphError } from '../errors.js';

export const MAX_NAME_LENGTH = 200;

/** @throws GraphError unless the name is letters, digits and `. _ : -`, and does not begin with two underscores */
export function checkParameterName(name: string, what: string): void {
  if (name.length > MAX_NAME_LENGTH || !/^(?!__)[\w.:-]+$/.test(name)) {
    const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
    throw new GraphError(
      `${what}: ${JSON.stringify(shown)} is no name for a parameter; expected letters, digits and . _ : - (at most ${MAX_NAME_LENGTH}), not beginning with __`,
    );
  }
}
