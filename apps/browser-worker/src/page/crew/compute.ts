// A thread of the page: a Web Worker, which is a worker of the run by itself. What it computes is the bits of any other. Its socket
// is held by a Web Worker of its own, which lives while this one computes, and ends with it.
import { socketBehind } from '@lockstep/transport';
import { workInPage } from '@lockstep/worker/page';
import type { Order, Report } from './messages.js';

const leaving = new AbortController();
const line = new Worker(new URL('./line.ts', import.meta.url), { type: 'module', name: 'line' });

globalThis.onmessage = ({ data }: MessageEvent<Order>) => {
  if (data.type === 'leave') leaving.abort(data.why);
  else void work(data);
};

function tell(report: Report): void {
  globalThis.postMessage(report);
}

line.onerror = ({ message }) => {
  const words = message || 'its program could not be loaded';
  tell({
    type: 'failed',
    code: 'unreachable',
    message: `the thread that holds the link has ended: ${words}`,
  });
};

async function work({ url, token, name }: Extract<Order, { type: 'begin' }>): Promise<void> {
  try {
    const run = workInPage(url, {
      token,
      name,
      socket: socketBehind(line),
      signal: leaving.signal,
      onStatus: (status) => tell({ type: 'status', status }),
    });
    for await (const event of run) tell({ type: 'event', event });
    const { reason, finished } = await run.result();
    tell({ type: 'ended', reason, weightsHash: finished?.weightsHash });
  } catch (error) {
    const { code = 'internal', message } = error as Error & { readonly code?: string };
    tell({ type: 'failed', code, message });
  }
}
