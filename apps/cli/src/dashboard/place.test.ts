import { expect, test } from 'vitest';
import { placeOf } from './place.js';

test.each([
  ['7071', '127.0.0.1:7071'],
  ['0', '127.0.0.1:0'],
  ['0.0.0.0:80', '0.0.0.0:80'],
  ['[::1]:7071', '[::1]:7071'],
  ['box.lan:65535', 'box.lan:65535'],
])('%s is %s, and is written so that it can be typed again', (text, written) => {
  const place = placeOf(text);
  expect(String(place)).toBe(written);
  expect(placeOf(String(place))).toEqual(place);
});

test.each(['', 'somewhere', '65536', ':80', '::1', '::1:80', 'a:b', '80:'])(
  '"%s" is no place',
  (text) => {
    expect(() => placeOf(text)).toThrow('expected a port or host:port');
  },
);
