// The entry `@lockstep/trainer/thread`: what a compute thread runs. It is a bundle of its own beside this package's other one.
export { default } from './computing/thread.js';
