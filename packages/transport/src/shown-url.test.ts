import { expect, it } from 'vitest';
import { shownUrl } from './shown-url.js';

it.each([
  ['ws://h:7070', '"ws://h:7070"'],
  ['h:7070', '"h:7070"'],
  ['', '""'],
  ['ws://h:7070/team/?token=secret', '"ws://h:7070/team/?…"'],
  ['http://127.0.0.1:7071/#token=secret', '"http://127.0.0.1:7071/#…"'],
  ['127.0.0.1:7070#secret', '"127.0.0.1:7070#…"'],
  ['ws://user:secret@h:7070', '"ws://…@h:7070"'],
  ['ws://secret@h/?token=secret@x', '"ws://…@h/?…"'],
  ['user:secret@h', '"…@h"'],
  ['ws://user:sec/secret@h', '"ws://…@h"'],
  ['ws://user:sec#secret@h', '"ws://…#…"'],
  ['ws://h/?a#token=secret\nsecret', '"ws://h/?…"'],
])('%j is shown as %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});

it('is not longer than can be read', () => {
  expect(shownUrl(`ws://${'h'.repeat(1000)}`).length).toBeLessThan(310);
});
