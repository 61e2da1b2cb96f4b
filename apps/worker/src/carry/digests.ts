// SHA-256, in hex, of what workers compare: their states, the weights, and the blocks of shards that they computed.
import { parameterBytes } from '@lockstep/core';
import { sha256 } from '@lockstep/hash';
import type { Engine } from '@lockstep/trainer';

export function stateDigest(engine: Engine): string {
  return hexOf([engine.viewState()]);
}

/** The run's weights hash. */
export function engineWeightsHash(engine: Engine): string {
  return hexOf([parameterBytes(engine.parameters())]);
}

/** @param blocks as an engine gives them to be compared */
export function blocksDigest(blocks: Iterable<Uint8Array>): string {
  return hexOf(blocks);
}

function hexOf(parts: Iterable<Uint8Array>): string {
  const hash = sha256();
  for (const part of parts) hash.update(part);
  return hash.hex();
}
