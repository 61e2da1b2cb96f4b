import { expect, test } from 'vitest';
import { saysEnd } from './over.js';

const end = (stopped: string): string => `${JSON.stringify({ event: 'run-end', stopped })}\n`;

test.each([
  ['its last epoch', `{"event":"epoch-end"}\n${end('epochs')}`, true],
  ['patience', end('patience'), true],
  ['a target', end('target'), true],
  ['a clock, which a run that goes on has anew', end('time'), false],
  ['somebody', end('asked'), false],
  ['nothing yet', '{"event":"epoch-end"}\n', false],
  ['nothing, after an end', `${end('epochs')}{"event":"checkpoint"}\n`, false],
  ['nothing that can be read', `${end('epochs')}{"event":"che`, false],
  ['nothing at all', '', false],
])('a run is over for good by %s: %#', (_, tail, isOver) => {
  expect(saysEnd(tail)).toBe(isOver);
});
