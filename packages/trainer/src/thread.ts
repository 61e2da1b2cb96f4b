// The entry `@lockstep/trainer/thread`: what a compute thread runs. It is a bundle of its own beside this package's other one.
export { predictBlock } from './computing/predict-thread.js';
export { showUp } from './computing/show-up.js';
export { default } from './computing/thread.js';
