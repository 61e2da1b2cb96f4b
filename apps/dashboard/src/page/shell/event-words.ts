// Events in words, as a log shows them.
import type { ClusterEvent, InterruptedEvent } from '@lockstep/trainer';
import { formatDuration, formatMs, formatNumber, formatShare } from './format.js';

/** Why a run ended, by its event's `stopped`. */
export const WHY_STOPPED: Readonly<Record<string, string>> = {
  epochs: 'all epochs done',
  patience: 'no longer better',
  target: 'target reached',
  asked: 'asked to stop',
  time: 'time is up',
};

/** Where a run was stopped, what of it is saved, and by what. */
export function whereStopped({ step, saved, reason }: InterruptedEvent): string {
  const kept = saved === step ? 'which is saved' : `of which step ${formatNumber(saved)} is saved`;
  return `at step ${formatNumber(step)}, ${kept}: ${reason}`;
}

type Words = {
  readonly [N in ClusterEvent['event']]: (event: Extract<ClusterEvent, { event: N }>) => string;
};

const WORDS: Words = {
  'run-start': ({ step, epochs, kernels }) =>
    step === 0
      ? `Begins: ${count(epochs, 'epoch')}, kernels ${kernels}`
      : `Goes on from step ${formatNumber(step)}, kernels ${kernels}`,
  warning: ({ message }) => `Warning: ${message}`,
  'worker-lost': ({ name, reason, left }) =>
    left ? `${name} left: ${reason.replace(/^left: /, '')}` : `${name} lost: ${reason}`,
  threads: ({ computing, of, before }) => `${computing} of ${of} threads compute, before ${before}`,
  recovered: ({ ms }) => `Recovered in ${formatMs(ms)}`,
  'epoch-end': ({ epoch, trainLoss, testLoss, testAccuracy }) =>
    [
      `Epoch ${epoch}: loss ${formatNumber(trainLoss)}`,
      ...(testLoss === null ? [] : [`test loss ${formatNumber(testLoss)}`]),
      ...(testAccuracy === null ? [] : [`accuracy ${formatShare(testAccuracy)}`]),
    ].join(', '),
  checkpoint: ({ path }) => `Checkpoint saved: ${path.split(/[\\/]/).at(-1)}`,
  digest: ({ digest }) => `State ${digest.slice(0, 8)}…`,
  'run-end': ({ stopped, seconds, bestEpoch }) =>
    `Ended, ${WHY_STOPPED[stopped] ?? stopped}, after ${formatDuration(seconds)} of training` +
    (bestEpoch === null ? '' : `, best epoch ${bestEpoch}`),
  error: ({ message }) => `Failed: ${message}`,
  interrupted: (event) => `Stopped ${whereStopped(event)}`,
  listening: ({ url }) => `Listens at ${url}`,
  'worker-joined': ({ name, threads }) => `${name} joined with ${count(threads, 'thread')}`,
  generation: ({ generation, members, topology }) =>
    `Generation ${generation}: ${count(members.length, 'worker')}, ${topology}`,
  fallback: ({ reason }) => `A star in place of a mesh: ${reason}`,
  redeal: ({ name, stepMs, bestMs }) =>
    `Shards dealt anew: ${name} takes ${formatMs(stepMs)} a step, ${formatMs(bestMs)} are possible`,
  'without-shards': ({ names, reason }) => `Without shards: ${names.join(', ')} (${reason})`,
};

/** What a newer version tells goes by its name. */
export function wordsOf(event: ClusterEvent): string {
  const words = WORDS[event.event] as ((event: ClusterEvent) => string) | undefined;
  return words === undefined ? event.event : words(event);
}

/** How it is shown: who goes on purpose is no trouble. */
export function kindOf(event: ClusterEvent): string {
  return event.event === 'worker-lost' && event.left ? 'worker-left' : event.event;
}

/** The step that it happened at; undefined for what has none. */
export function stepOf(event: ClusterEvent): number | undefined {
  return 'step' in event ? event.step : undefined;
}

function count(number: number, what: string): string {
  return `${formatNumber(number)} ${what}${number === 1 ? '' : 's'}`;
}
