import { expect, test } from 'vitest';
import { invent, messagesOf } from '../testing/invented.js';
import { Store } from './store.js';

test('listeners are told once before the next frame, however much came since the last', () => {
  const frames: (() => void)[] = [];
  const store = new Store((then) => frames.push(then));
  let told = 0;
  const end = store.subscribe(() => {
    told += 1;
  });
  for (const message of messagesOf([invent({ id: 'a' })])) store.hear(message);
  expect([frames.length, told]).toEqual([1, 0]);
  frames.pop()!();
  expect(told).toBe(1);
  store.hear({ type: 'model', run: 'a', step: 3 });
  end();
  frames.pop()!();
  expect(told).toBe(1);
  expect(store.state.get('a')!.modelStep).toBe(3);
});

test('what changes nothing wakes nobody', () => {
  const frames: (() => void)[] = [];
  const store = new Store((then) => frames.push(then));
  store.hear({ type: 'model', run: 'nobody', step: 3 });
  expect(frames).toEqual([]);
});
