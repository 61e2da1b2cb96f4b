// The decision about silence, on times and byte counts made up.
import { expect, it } from 'vitest';
import { Silence } from './heartbeat.js';

it('whole messages and bytes in bulk end a silence; a trickle does not', () => {
  const silence = new Silence(5000, 1000, 100);
  expect(silence.silentFor(2000, 100)).toBe(1000);
  expect(silence.silentFor(3000, 160)).toBe(2000);
  silence.heard(3500);
  expect(silence.silentFor(4000, 220)).toBe(500);
  expect(silence.silentFor(6000, 220 + 4096)).toBe(0);
  expect(silence.silentFor(9000, 220 + 4096 + 4095)).toBe(3000);
  expect(silence.silentFor(11_001, 220 + 4096 + 4095 + 60)).toBe(5001);
});
