// The line of a thread: it holds the thread's socket, and gives signs of life while that computes.
import { holdSockets, type Wire } from '@lockstep/transport';

// What a Web Worker says to whoever started it.
holdSockets(globalThis as unknown as Wire);
