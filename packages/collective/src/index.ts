export {
  type AllReduce,
  type AllReduceMethod,
  type AllReduceShape,
  COORDINATOR,
  type Hub,
  type Outgoing,
  type Topology,
} from './all-reduce/all-reduce.js';
export { chunksOf } from './all-reduce/mesh.js';
export { allReduceFor } from './all-reduce/methods.js';
export { BARRIER_WORDS, Barrier } from './barrier.js';
