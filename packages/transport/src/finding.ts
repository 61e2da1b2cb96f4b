// Findings of whoever examines a way: what stands in it, which errors say in one message, and what is open at its end.
import { LinkError } from './errors.js';
import type { Channel, Finding } from './transport.js';

/** `what is wrong; what to do` → the two; the last may be missing. */
export function sentences(message: string): Pick<Finding, 'found' | 'advice'> {
  const at = message.indexOf('; ');
  return at < 0
    ? { found: message }
    : { found: message.slice(0, at), advice: message.slice(at + 2) };
}

const SILENT =
  'what listens there takes connections and says nothing: look whether it is a coordinator, whether it hangs, and whether a firewall or proxy is in between';

/** @param error of a dial; what is no LinkError is a defect, and thrown on */
export function failed(part: Pick<Finding, 'id' | 'title'>, error: unknown): Finding {
  if (!(error instanceof LinkError)) throw error;
  const words = sentences(error.message.replace(/^dial .+?: /, ''));
  const silent = error.code === 'timeout' && { advice: SILENT };
  return { ...part, status: 'problem', ...words, ...silent };
}

/** Tells what is to be told while a channel is open, and cuts it if nobody hears that to its end. */
export async function* handOver(
  channel: Channel,
  findings: AsyncIterable<Finding> | Iterable<Finding>,
): AsyncGenerator<Finding, Channel> {
  let isHeard = false;
  try {
    yield* findings;
    isHeard = true;
    return channel;
  } finally {
    if (!isHeard) channel.cut();
  }
}
