// A page's address is made where the coordinator prints it, and read in the page.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pageAddress, readPageAddress } from './page-address.js';

it.each([
  ['ws://127.0.0.1:7070', 'a+b/c=', 'http://127.0.0.1:7070/#token=a%2Bb%2Fc%3D'],
  ['wss://[2001:db8::1]:7070', 'x', 'https://[2001:db8::1]:7070/#token=x'],
  ['ws://host:1', '', 'http://host:1/'],
])('the page of %s with the token "%s" is at %s', (url, token, address) => {
  expect(pageAddress({ url, token })).toBe(address);
});

it.each([
  ['https://host/team/', 'wss://host/team'],
  ['https://host/team/index.html', 'wss://host/team'],
  ['http://host:7070/?x=1', 'ws://host:7070'],
])('a page at %s dials %s, through the proxy that it came by', (address, url) => {
  expect(readPageAddress(address)).toEqual({ url, token: '' });
});

it('what was put in comes out, whatever the token', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom('ws', 'wss'), (token, scheme) => {
      const url = `${scheme}://192.0.2.1:7070`;
      expect(readPageAddress(pageAddress({ url, token }))).toEqual({ url, token });
    }),
  );
});
