import { expect, test } from 'vitest';
import { Turns } from './turns.js';

function turnsOf(): { turns: Turns; frame: () => void } {
  const asked: (() => void)[] = [];
  return {
    turns: new Turns((then) => asked.push(then)),
    frame: () => {
      for (const then of asked.splice(0)) then();
    },
  };
}

test('one draws in a frame, in the order in which they asked', () => {
  const { turns, frame } = turnsOf();
  const drawn: string[] = [];
  for (const name of ['a', 'b', 'c']) turns.ask({ name }, () => drawn.push(name));
  expect(drawn).toEqual([]);
  frame();
  expect(drawn).toEqual(['a']);
  for (let i = 0; i < 5; i++) frame();
  expect(drawn).toEqual(['a', 'b', 'c']);
});

test('who asks again keeps its place, and draws the newest', () => {
  const { turns, frame } = turnsOf();
  const drawn: string[] = [];
  const [a, b] = [{}, {}];
  turns.ask(a, () => drawn.push('a1'));
  turns.ask(b, () => drawn.push('b1'));
  turns.ask(a, () => drawn.push('a2'));
  frame();
  turns.ask(a, () => drawn.push('a3'));
  for (let i = 0; i < 5; i++) frame();
  expect(drawn).toEqual(['a2', 'b1', 'a3']);
});

test('who has left draws nothing, and holds nobody up', () => {
  const { turns, frame } = turnsOf();
  const drawn: string[] = [];
  const a = {};
  turns.ask(a, () => drawn.push('a'));
  turns.leave(a);
  frame();
  turns.ask({}, () => drawn.push('b'));
  frame();
  expect(drawn).toEqual(['b']);
});
