import { expect, test } from 'vitest';
import type { Message } from '../../contract.js';
import { invent, messagesOf } from '../testing/invented.js';
import { NOTHING, reduce, type State } from './state.js';

const RUN = invent({ id: 'one', samples: 100 });

function heard(messages: readonly Message[], from: State = NOTHING): State {
  return messages.reduce(reduce, from);
}

test('runs stand in the order in which the server lists them, and what is known of them stays', () => {
  const other = invent({ id: 'two', samples: 3 });
  const before = heard(messagesOf([RUN]));
  const after = reduce(before, { type: 'runs', runs: [other.info, RUN.info] });
  expect([...after.keys()]).toEqual(['two', 'one']);
  expect(after.get('one')!.latest).toEqual(RUN.samples.at(-1));
  expect(reduce(after, { type: 'runs', runs: [] }).size).toBe(0);
});

test('a history and what follows is the same as all of it one by one', () => {
  const whole = heard(messagesOf([RUN])).get('one')!;
  const pieces = heard([
    { type: 'runs', runs: [RUN.info] },
    { type: 'history', run: 'one', events: [], samples: RUN.samples.slice(0, 50) },
    ...RUN.samples.slice(50).map((sample): Message => ({ type: 'sample', run: 'one', sample })),
    ...RUN.events.map((event): Message => ({ type: 'event', run: 'one', event })),
  ]).get('one')!;
  expect(pieces.events).toEqual(whole.events);
  expect([...pieces.curves.keys()]).toEqual([...whole.curves.keys()]);
  for (const [name, curve] of whole.curves) {
    expect(pieces.curves.get(name)!.values, name).toEqual(curve.values);
  }
  expect(pieces.lanes.frames.length).toBe(whole.lanes.frames.length);
});

test('a history that comes again, as after a broken connection, takes the place of what was heard', () => {
  const again = heard([...messagesOf([RUN]), ...messagesOf([RUN])]).get('one')!;
  expect(again.events.length).toBe(RUN.events.length);
  expect(again.curves.get('loss')!.steps.length).toBe(RUN.samples.length);
  expect(again.lanes.frames.length).toBe(RUN.samples.length);
});

test('curves have what was measured, and nothing in the place of what was not', () => {
  const sample = { ...RUN.samples[0]!, loss: null, gradientNorm: null };
  const { curves } = heard([
    { type: 'runs', runs: [RUN.info] },
    { type: 'sample', run: 'one', sample },
  ]).get('one')!;
  expect([...curves.keys()]).toEqual(['learningRate', 'weightNorm', 'samplesPerSecond']);
});

test('digests, which come many times a second, take no room from other events', () => {
  const before = heard(messagesOf([RUN]));
  const event = {
    event: 'digest',
    time: '2026-11-23T09:41:00.000Z',
    step: 64,
    digest: 'd',
  } as const;
  expect(reduce(before, { type: 'event', run: 'one', event }).get('one')!.events).toEqual(
    before.get('one')!.events,
  );
});

test('a newer model is known by its step', () => {
  const state = heard([...messagesOf([RUN]), { type: 'model', run: 'one', step: 1234 }]);
  expect(state.get('one')!.modelStep).toBe(1234);
});

test('each message makes another value of the run that it is about, and of no other', () => {
  const before = heard(messagesOf([RUN, invent({ id: 'two', samples: 3 })]));
  const after = reduce(before, { type: 'sample', run: 'one', sample: RUN.samples[0]! });
  expect(after.get('one')).not.toBe(before.get('one'));
  expect(after.get('two')).toBe(before.get('two'));
});

test('what is about no run that is known, or of a kind that is not, changes nothing', () => {
  const state = heard(messagesOf([RUN]));
  expect(reduce(state, { type: 'model', run: 'none', step: 1 })).toBe(state);
  expect(reduce(state, { type: 'no such kind' } as unknown as Message)).toBe(state);
});
