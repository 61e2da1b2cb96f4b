// What an owner may rely on when a link ends, whatever carries it.
import { expect, it } from 'vitest';
import { Inbox } from './inbox.js';

function record(inbox: Inbox): string[] {
  const seen: string[] = [];
  inbox.start(
    {
      control: (message) => seen.push(message.type),
      frame: (header) => seen.push(`frame ${header.step}`),
      closed: (reason) => seen.push(`closed ${reason.code}`),
    },
    () => seen.push('ready'),
  );
  return seen;
}

const header = { kind: 'sum', generation: 1, step: 4, rank: 0, offset: 0, bytes: 0 } as const;
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('what was kept is delivered before the end, when the other side ended', async () => {
  const inbox = new Inbox();
  inbox.push((handlers) => handlers.control({ type: 'pause', generation: 1 }));
  inbox.push((handlers) => handlers.frame(header, []));
  inbox.end({ code: 'lost', message: '' }, false);
  inbox.push((handlers) => handlers.control({ type: 'pause', generation: 2 }));
  inbox.end({ code: 'again', message: '' }, false);
  const seen = record(inbox);
  await turn();
  expect(seen).toEqual(['pause', 'frame 4', 'closed lost']);
});

it('what was kept is dropped when this side ended', async () => {
  const inbox = new Inbox();
  inbox.push((handlers) => handlers.frame(header, []));
  inbox.end({ code: 'enough', message: '' }, true);
  const seen = record(inbox);
  await turn();
  expect(seen).toEqual(['closed enough']);
});

it('the end never comes from inside the call that ended it', async () => {
  const inbox = new Inbox();
  const seen = record(inbox);
  await turn();
  inbox.end({ code: 'lost', message: '' }, false);
  expect(seen).toEqual(['ready']);
  await turn();
  expect(seen).toEqual(['ready', 'closed lost']);
});
