// SHA-256, in hex, of what workers compare: their states, the weights, and the blocks of shards that they computed.
import { createHash } from 'node:crypto';
import { parameterBytes } from '@lockstep/core';
import type { Engine } from '@lockstep/trainer';

export function stateDigest(engine: Engine): string {
  return sha256([engine.saveState()]);
}

/** The run's weights hash. */
export function engineWeightsHash(engine: Engine): string {
  return sha256([parameterBytes(engine.parameters())]);
}

/** @param blocks as an engine gives them to be compared */
export function blocksDigest(blocks: Iterable<Uint8Array>): string {
  return sha256(blocks);
}

function sha256(parts: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
