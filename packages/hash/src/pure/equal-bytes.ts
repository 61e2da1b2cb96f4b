// Compares all bytes, whatever the first ones say.
import type { Hashing } from '../hashing.js';

export const equalBytes: Hashing['equalBytes'] = (a, b) => {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= a[i]! ^ b[i]!;
  return different === 0;
};
