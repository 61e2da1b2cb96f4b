// Both halves of the package give the same bytes, and those that the standards have as examples.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as node from './index.js';
import * as pure from './pure.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** Lengths around a block's and around the place of a message's length come up on purpose. */
const lengths = fc.oneof(fc.constantFrom(0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128), fc.nat(300));
const someBytes = lengths.chain((length) =>
  fc.uint8Array({ minLength: length, maxLength: length }),
);

describe.each([
  ['by Node', node],
  ['in plain TypeScript', pure],
])('%s', (_, { sha256, hmacSha256, crc32, equalBytes }) => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('SHA-256 of "%.20s…" is that of FIPS 180-4', (text, expected) => {
    expect(sha256().update(bytesOf(text)).hex()).toBe(expected);
  });

  it('HMACs are those of RFC 4231, with a key longer than a block too', () => {
    expect(
      hexOf(hmacSha256(bytesOf('Jefe'), [bytesOf('what do ya want '), bytesOf('for nothing?')])),
    ).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    const text = bytesOf('Test Using Larger Than Block-Size Key - Hash Key First');
    expect(hexOf(hmacSha256(new Uint8Array(131).fill(0xaa), [text]))).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    );
  });

  it('CRC-32 of its own test word', () => {
    expect(crc32(bytesOf('123456789'))).toBe(0xcbf43926);
  });

  it('bytes are equal if all of them are', () => {
    expect(equalBytes(bytesOf('abc'), bytesOf('abc'))).toBe(true);
    expect(equalBytes(bytesOf('abc'), bytesOf('abd'))).toBe(false);
    expect(equalBytes(bytesOf('abc'), bytesOf('abcd'))).toBe(false);
  });

  it('a digest is of what came so far, and more may follow', () => {
    const hash = sha256().update(bytesOf('a'));
    expect(hash.hex()).toBe(sha256().update(bytesOf('a')).hex());
    expect(hexOf(hash.update(bytesOf('bc')).digest())).toBe(sha256().update(bytesOf('abc')).hex());
  });
});

it('both halves give the same bytes, however the input is cut', () => {
  fc.assert(
    fc.property(fc.array(someBytes, { maxLength: 5 }), someBytes, (parts, key) => {
      const [a, b] = [node.sha256(), pure.sha256()];
      for (const part of parts) {
        expect(b.update(part).hex()).toBe(a.update(part).hex());
        expect(pure.crc32(part)).toBe(node.crc32(part));
      }
      expect(hexOf(pure.hmacSha256(key, parts))).toBe(hexOf(node.hmacSha256(key, parts)));
    }),
  );
});

it('a length of more than 2^32 bits is counted whole', () => {
  const piece = new Uint8Array(1 << 20).fill(7);
  const [a, b] = [node.sha256(), pure.sha256()];
  for (let i = 0; i < 513; i++) {
    a.update(piece);
    b.update(piece);
  }
  expect(b.hex()).toBe(a.hex());
});
