// Random cases of every kernel, to compare backends with: for tests, and for whoever writes a backend.
export { Comparison, type Fence, firstDifferingCase, type Numbered } from './comparison.js';
export type { Place } from './draw.js';
