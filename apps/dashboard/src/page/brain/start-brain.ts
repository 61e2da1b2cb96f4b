// A brain in a Web Worker of its own: its code, with the network's kernels, comes when it is first wanted.
import { BrainClient } from './brain-client.js';
import BrainWorker from './worker.js?worker';

export function startBrain(): BrainClient {
  return new BrainClient(new BrainWorker({ name: 'network' }));
}
