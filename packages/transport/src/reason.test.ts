// Close reasons through the 123 bytes that every transport has for them.
import { expect, it } from 'vitest';
import { decodeReason, encodeReason } from './reason.js';
import { decodeStatus } from './websocket/close-status.js';

it('a reason comes back as it was, and a long one cut at a whole character', () => {
  const reason = { code: 'diverged', message: 'step 120: w0 and w1 differ' };
  expect(new TextDecoder().decode(encodeReason(reason))).toBe(
    'diverged step 120: w0 and w1 differ',
  );
  expect(decodeReason(encodeReason(reason))).toEqual(reason);
  expect(decodeStatus(4000, encodeReason(reason))).toEqual(reason);
  const long = encodeReason({ code: 'diverged', message: 'ü'.repeat(200) });
  expect(long.length).toBeLessThanOrEqual(123);
  expect(decodeReason(long)).toEqual({ code: 'diverged', message: 'ü'.repeat(57) });
});

it('what a stranger wrote is never more than text', () => {
  const bytes = new TextEncoder().encode('__proto__ \u001b[2Jhello');
  expect(decodeReason(bytes)).toEqual({
    code: 'closed',
    message: '__proto__  [2Jhello',
  });
  expect(decodeReason(Uint8Array.of(0xff, 0xfe)).code).toBe('closed');
  expect(decodeReason(new Uint8Array(0)).code).toBe('closed');
});

it('the status codes of WebSocket become reasons', () => {
  const code = (status: number) => decodeStatus(status, new Uint8Array(0)).code;
  expect([1000, 1001, 1005, 1006, 1002, 1007, 1008, 1009].map(code)).toEqual([
    ...['closed', 'closed', 'closed', 'lost'],
    ...['protocol', 'protocol', 'protocol', 'protocol'],
  ]);
});
