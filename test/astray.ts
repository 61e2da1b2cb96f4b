// Brings a run astray as a faulty machine would, unnoticed by its own checks: one bit of a weight in a checkpoint is another,
// and everything that the run recorded of that step agrees with it. What goes on from there is wrong from there on.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { weightsHash } from '@lockstep/core';
import { encodeFlatState, PARAMETERS, stateLayoutOf } from '@lockstep/core/internal';
import { CheckpointStore, fromCheckpoint, jsonLine, toCheckpoint } from '@lockstep/trainer';
import type { Roll } from './dice.js';

export interface Flipped {
  readonly name: string;
  readonly index: number;
  readonly before: number;
  readonly after: number;
}

/** @param out the folder of a run that nobody works in, with a checkpoint of `step` as its newest */
export async function bringAstray(out: string, step: number, roll: Roll): Promise<Flipped> {
  const store = new CheckpointStore(join(out, 'checkpoints'), { keep: 9 });
  const { state, ...about } = fromCheckpoint(await store.at(step));
  const parameters = [...state.tensors.get(PARAMETERS)!];
  const [name, { data }] = parameters[roll(parameters.length)]!;
  const index = roll(data.length);
  const before = data[index]!;
  // Of the fraction: the number stays finite.
  new Uint32Array(data.buffer, data.byteOffset, data.length)[index]! ^= 1 << (12 + roll(11));
  await store.save(toCheckpoint(about, step, state));
  const digest = createHash('sha256')
    .update(encodeFlatState(stateLayoutOf(about.config), step, state))
    .digest('hex');
  const hash = await weightsHash(state.tensors.get(PARAMETERS)!);
  rewriteEvents(out, (event) => {
    if (event.step !== step) return event;
    if (event.event === 'checkpoint') return { ...event, digest };
    return 'weightsHash' in event ? { ...event, weightsHash: hash } : event;
  });
  return { name, index, before, after: data[index]! };
}

type LoggedEvent = Readonly<Record<string, unknown>>;

/** Makes of each line of a run's metrics what is given for it. */
export function rewriteEvents(out: string, rewrite: (event: LoggedEvent) => object): void {
  const path = join(out, 'metrics.jsonl');
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  writeFileSync(path, lines.map((line) => jsonLine(rewrite(JSON.parse(line)))).join(''));
}
