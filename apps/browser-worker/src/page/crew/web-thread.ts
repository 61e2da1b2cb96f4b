// A thread as a Web Worker of the browser.
import type { Thread } from './crew.js';
import type { Report } from './messages.js';

export function startThread(name: string, hear: (report: Report) => void): Thread {
  const worker = new Worker(new URL('./compute.ts', import.meta.url), { type: 'module', name });
  worker.onmessage = ({ data }: MessageEvent<Report>) => hear(data);
  worker.onerror = ({ message }) => {
    const words = message || 'its program could not be loaded';
    hear({ type: 'failed', code: 'thread-lost', message: `${name}: ${words}` });
  };
  return {
    order: (order) => worker.postMessage(order),
    end: () => worker.terminate(),
  };
}
