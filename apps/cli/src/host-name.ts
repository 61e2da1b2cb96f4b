// Names and addresses of machines, as flags and variables have them: a host alone, without a port or a scheme. Pure.
import { isIP } from 'node:net';

const MOST_CHARACTERS = 253;
/** Host names have no `_`, but people's machines do. */
const LABEL = /^(?!-)[\w-]{1,63}(?<!-)$/;

/** Whether this is a host name (RFC 1123 §2.1): what ends in digits alone is an address, or none. */
export function isHostName(text: string): boolean {
  const labels = text.split('.');
  return (
    text.length <= MOST_CHARACTERS &&
    labels.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1)!)
  );
}

/** Whether this is a host name, or an address without brackets or a zone. */
export function isHost(text: string): boolean {
  return isHostName(text) || (isIP(text) !== 0 && !text.includes('%'));
}
