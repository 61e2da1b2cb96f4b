import { expect, it } from 'vitest';
import { pathPrefix, urlProblem } from './target.js';

it.each([
  'ws://127.0.0.1:7070',
  'wss://train.example.org',
  'ws://[::1]:7070/',
  'wss://train.example.org/team/one/',
  'ws://h/lockstep',
  'ws://10.0.0.1:7071#mpi=0123456789abcdef0123456789abcdef.3.5e2f',
])('%s can be dialled', (url) => expect(urlProblem(url)).toBeUndefined());

it.each([
  [
    '127.0.0.1:7070',
    /expected ws:\/\/HOST:PORT or wss:\/\/HOST:PORT, as ws:\/\/127\.0\.0\.1:7070$/,
  ],
  ['[::1]:7070', /as ws:\/\/\[::1\]:7070$/],
  ['http://h:1', /as ws:\/\/h:1$/],
  ['https://h/', /as wss:\/\/h$/],
  ['ws://::1:7070', /stands in brackets/],
  ['ws://', /expected ws:/],
  ['', /expected ws:/],
  ['ws://h:99999', /expected ws:/],
  ['ws://u:p@h', /user or password/],
  ['ws://h/?token=x', /query or fragment/],
  ['ws://h/#x', /query or fragment/],
])('%j cannot, and it says why', (url, words) => expect(urlProblem(url)).toMatch(words));

it('what may be a secret is not repeated', () => {
  for (const url of ['ws://me:secret@h', 'ws://h/?token=secret', 'http://h/#token=secret']) {
    expect(urlProblem(url)).not.toContain('secret');
  }
});

it('a prefix is what stands before /lockstep', () => {
  const prefixes = ['/', '/lockstep', '/a/', '/a/lockstep/', '/mylockstep'].map(pathPrefix);
  expect(prefixes).toEqual(['', '', '/a', '/a', '/mylockstep']);
});
