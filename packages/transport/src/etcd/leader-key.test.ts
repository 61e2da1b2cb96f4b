import { describe, expect, it } from 'vitest';
import { decodeNote, encodeNote, leaderPlace, leaderUrl } from './leader-key.js';

describe('an URL of etcd', () => {
  it.each([
    ['etcd://10.0.0.1:2379/mnist', ['http://10.0.0.1:2379'], 'mnist'],
    ['etcd://a/run_1.2-x', ['http://a:2379'], 'run_1.2-x'],
    [
      'etcds://a:1,b.example.org,[::1]:3/x',
      ['https://a:1', 'https://b.example.org:2379', 'https://[::1]:3'],
      'x',
    ],
  ])('%s names members and the run', (url, members, name) => {
    expect(leaderPlace(url)).toEqual({ members, name });
  });

  it.each([
    ...['etcd://a', 'etcd://a/', 'etcd:///x', 'etcd://a/x/y', 'etcd://a/x y', 'etcd://u:p@a/x'],
    ...['etcd://a,/x', 'http://a/x', 'etcd://a:/x', 'etcd://a?b/x', ''],
  ])('%j is none', (url) => {
    expect(leaderPlace(url)).toBeUndefined();
  });

  it('is made of members and name, and leads back to them', () => {
    const place = { members: ['http://a:1', 'http://b:2'], name: 'x' };
    expect(leaderUrl(place)).toBe('etcd://a:1,b:2/x');
    expect(leaderPlace(leaderUrl(place))).toEqual(place);
    expect(leaderUrl({ members: ['https://a:1'], name: 'x' })).toBe('etcds://a:1/x');
  });
});

it('what stands there is read back; anything else is no note', () => {
  const notes = [
    { who: 'a', urls: ['ws://b:1'] },
    { who: 'a', urls: [], failed: 'why' },
  ];
  for (const note of notes) expect(decodeNote(encodeNote(note))).toEqual(note);
  for (const text of ['', '{}', '[]', 'null', '{"who":1,"urls":[]}', '{"who":"a","urls":[1]}']) {
    expect(decodeNote(text)).toBeUndefined();
  }
});
