// The brain's thread: it does what it is told, one thing after the other, and answers each by its number.
import type { LockstepError } from '@lockstep/errors';
import { Brain } from './brain.js';
import type { Call, Reply } from './protocol.js';

const brain = new Brain();

self.onmessage = ({ data }: MessageEvent<Call>): void => {
  const { id, method, args } = data;
  try {
    const ask = brain[method] as (...args: readonly unknown[]) => unknown;
    reply({ id, answer: ask.apply(brain, args as unknown[]) });
  } catch (error) {
    const { code = 'internal', message = String(error) } = Object(error) as Partial<LockstepError>;
    reply({ id, failure: { code, message } });
  }
};

function reply(message: Reply): void {
  self.postMessage(message);
}
