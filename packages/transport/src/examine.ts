// The way to a coordinator, part by part, as far as a worker goes before it joins: what the transport finds on it, then the
// handshake, up to the proof of the token. It joins nothing: whoever is at the other end sees a worker that has proven itself go
// before it said a word, which is no loss, and without a key not even that.
import { randomBytes } from 'node:crypto';
import { checkOptions, type OptionNames } from '@lockstep/errors';
import {
  ClientHandshake,
  HANDSHAKE_MS,
  type HandshakeStep,
  MAX_CONTROL_BYTES,
  PROTOCOL_VERSION,
  type Server,
} from '@lockstep/wire';
import { transportOf, urlProblem } from './dial.js';
import { LinkError } from './errors.js';
import { failed, handOver } from './finding.js';
import { type HandshakeMachine, type ShakeOutcome, shake } from './shake.js';
import type { Channel, Finding, Transport } from './transport.js';
import { inTime, within } from './within.js';

/** What `examine` takes. */
export interface ExamineOptions {
  /** What computes here: the name and version of the numbers that its kernels give. */
  readonly arithmetic: string;
  /** The token's bytes, never sent. Without them it is not checked, and nothing is proven. */
  readonly key?: Uint8Array | undefined;
  /** The longest that each part may take; HANDSHAKE_MS if left out. */
  readonly partMs?: number | undefined;
}

const OPTIONS: OptionNames<ExamineOptions> = { arithmetic: true, key: true, partMs: true };

/**
 * @param url that one of the transports dials
 * @returns what is found, in the order of the way; the first problem is the last of it
 * @throws LinkError `protocol` at once if none of them dials it
 */
export function examine(
  transports: readonly Transport[],
  url: string,
  options: ExamineOptions,
): AsyncGenerator<Finding> {
  checkOptions('examine', options, OPTIONS);
  const problem = urlProblem(transports, url);
  if (problem !== undefined) throw new LinkError('protocol', `dial: ${problem}`);
  return follow(transportOf(transports, url)!, url, options);
}

async function* follow(
  transport: Transport,
  url: string,
  { arithmetic, key, partMs = HANDSHAKE_MS }: ExamineOptions,
): AsyncGenerator<Finding> {
  const way = transport.examine?.(url, partMs) ?? dialled(transport, url, partMs);
  const channel = yield* way;
  if (!channel) return;
  const greeting = new Greeting(arithmetic, key);
  const outcome = await greet(channel, greeting, partMs);
  if (!greeting.isUnderstood) {
    yield protocolProblem(outcome);
    return;
  }
  const found = `version ${PROTOCOL_VERSION}, arithmetic ${arithmetic}, there and here`;
  yield { ...PROTOCOL, status: 'ok', found };
  yield key === undefined ? NO_TOKEN : tokenFinding(outcome);
}

const CONNECT = { id: 'connect', title: 'Connection' } as const;
const PROTOCOL = { id: 'protocol', title: 'Protocol' } as const;
const TOKEN = { id: 'token', title: 'Token' } as const;
const NO_TOKEN: Finding = {
  ...{ ...TOKEN, status: 'note', found: 'not checked: there is none here' },
  advice: 'give it by --token-file or LOCKSTEP_TOKEN; the coordinator shows it when it starts',
};

/** Of a transport that tells no parts. */
async function* dialled(
  transport: Transport,
  url: string,
  partMs: number,
): AsyncGenerator<Finding, Channel | undefined> {
  const begun = performance.now();
  const opened = await within(partMs, (signal) =>
    transport.dial(url, { role: 'worker', signal }),
  ).catch((error: unknown) => failed(CONNECT, error));
  if ('status' in opened) {
    yield opened;
    return undefined;
  }
  const found = `opened in ${inTime(performance.now() - begun)}`;
  return yield* handOver(opened, [{ ...CONNECT, status: 'ok', found }]);
}

/** Whom a server has proven to be; or nobody, where no proof was asked for. */
type Met = Server | 'a stranger';

/** A worker's side of the handshake, which goes without a proof where there is no key for one. */
class Greeting implements HandshakeMachine<Met> {
  /** The other side answered the hello as one of this version and arithmetic does. */
  isUnderstood = false;
  readonly #hasKey: boolean;
  readonly #handshake: ClientHandshake;

  constructor(arithmetic: string, key: Uint8Array | undefined) {
    const nonce = randomBytes(32);
    this.#hasKey = key !== undefined;
    // What is made with a key of nobody's is not sent.
    const used = key ?? randomBytes(32);
    this.#handshake = new ClientHandshake({ role: 'worker', arithmetic, key: used, nonce });
  }

  hello(): Uint8Array {
    return this.#handshake.start().send!;
  }

  receive(bytes: Uint8Array): HandshakeStep<Met> {
    const step = this.#handshake.receive(bytes);
    if (step.send === undefined) return step;
    this.isUnderstood = true;
    return this.#hasKey ? step : { done: 'a stranger' };
  }
}

/** @returns once the channel is closed, too */
async function greet(
  channel: Channel,
  greeting: Greeting,
  partMs: number,
): Promise<ShakeOutcome<Met>> {
  let left: Promise<unknown> = Promise.resolve();
  const outcome = await new Promise<ShakeOutcome<Met>>((resolve) => {
    shake(channel, greeting, greeting.hello(), partMs, (settled) => {
      // The other side's greeting may follow in the same turn.
      if ('done' in settled) left = within(partMs, () => leave(channel)).catch(() => channel.cut());
      resolve(settled);
    });
  });
  await left;
  return outcome;
}

function leave(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    channel.limit(MAX_CONTROL_BYTES);
    channel.attach({
      arrived() {},
      message() {},
      failed() {},
      closed: () => resolve(),
    });
    channel.close({ code: 'left', message: 'it only looked at the way' }, false);
    // In memory nobody tells the side that closes.
    if (channel.isLocal) resolve();
  });
}

const SAME_VERSION = 'install the same version of Lockstep on both sides';

/** What to do about a refusal of the hello, by its code. */
const REFUSED: Readonly<Record<string, string>> = {
  version: SAME_VERSION,
  arithmetic: `${SAME_VERSION}, and use backends of one arithmetic`,
  stale: 'a worker listens there for others of its run: dial the coordinator',
};
const NO_COORDINATOR =
  'look whether a coordinator of Lockstep listens there, and nothing else, also not in between';

function protocolProblem(outcome: ShakeOutcome<Met>): Finding {
  const problem = (found: string, advice: string): Finding => ({
    ...{ ...PROTOCOL, status: 'problem', found, advice },
  });
  if ('refused' in outcome) {
    const { code, message } = outcome.refused;
    const advice = REFUSED[code];
    // Behind a colon they say what to do, too.
    return problem(advice ? message.split(': ')[0]! : message, advice ?? NO_COORDINATOR);
  }
  return 'failed' in outcome
    ? problem(outcome.message, NO_COORDINATOR)
    : problem('it answered before it was asked', NO_COORDINATOR);
}

function tokenFinding(outcome: ShakeOutcome<Met>): Finding {
  if ('done' in outcome && outcome.done !== 'a stranger') {
    return { ...TOKEN, status: 'ok', found: `right, and known there: run ${outcome.done.run}` };
  }
  const problem = (found: string, advice: string): Finding => ({
    ...{ ...TOKEN, status: 'problem', found, advice },
  });
  if ('refused' in outcome) {
    return problem(
      outcome.refused.message,
      "take the coordinator's: what it shows when it starts, or has in its own --token-file; after a start without one it is another",
    );
  }
  const found = 'failed' in outcome ? outcome.message : 'no answer to the proof';
  return problem(found, 'try again: the connection broke while the token was proven');
}
