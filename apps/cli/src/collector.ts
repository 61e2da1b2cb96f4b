// How the garbage collector is set for processes that live on the network.
import { setFlagsFromString } from 'node:v8';

/**
 * Every frame that is received leaves its buffers behind, outside of a JavaScript heap that is small. V8 then collects
 * all of it every few megabytes, which took a worker twice the time of its computing; this lets the heap grow further
 * before it does. V8 looks at the flag whenever it has collected, so it may be set after the start.
 */
export function tuneCollector(): void {
  setFlagsFromString('--heap-growing-percent=1000');
}
