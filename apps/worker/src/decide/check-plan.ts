// Whether a generation, as the coordinator describes it, is one that can be worked in.
import type { GenerationMessage } from '@lockstep/wire';
import type { EngineView } from './border.js';

/** @returns what is wrong, or undefined */
export function checkPlan(
  plan: GenerationMessage,
  { shards, steps }: Pick<EngineView, 'shards' | 'steps'>,
): string | undefined {
  const { generation, rank, members, topology, key } = plan;
  const what = `generation ${generation}`;
  if (rank >= members.length) {
    return `${what}: rank ${rank} of ${members.length} members`;
  }
  let next = 0;
  for (const [other, { first, end }] of members.entries()) {
    if (first !== next || end < first) {
      return `${what}: rank ${other} has the shards [${first}, ${end}), expected them to begin at ${next}`;
    }
    next = end;
  }
  if (plan.step > steps) return `${what}: goes on from step ${plan.step}, the run has ${steps}`;
  if (next !== shards) return `${what}: the members have ${next} shards, the run has ${shards}`;
  if (topology === 'alone' && members.length !== 1) {
    return `${what}: ${members.length} members, expected 1 (topology alone)`;
  }
  if (topology !== 'mesh') return undefined;
  const deaf = members.findIndex(({ url }) => url === null);
  if (deaf >= 0) return `${what}: rank ${deaf} of a mesh has no URL`;
  return key.byteLength === 32
    ? undefined
    : `${what}: a key of ${key.byteLength} bytes, expected 32`;
}
