// The way to a coordinator by a Unix socket: its file, and how much the system lets lie in one that nobody has taken yet.
import { readFileSync } from 'node:fs';
import { failed, handOver } from '../finding.js';
import type { Channel, Finding, Transport } from '../transport.js';
import { inTime, within } from '../within.js';

const CONNECT = { id: 'connect', title: 'Connection' } as const;
const BUFFER = { id: 'buffer', title: 'Socket buffer' } as const;
const SETTING = '/proc/sys/net/core/wmem_default';

/**
 * Linux's own default is 208 KiB. A message that is larger goes in turns, a part each time that the other side has read: with
 * that default one of 4 MB, and one back, took half the time that they took over loopback (3.2 ms, 6.2 ms).
 */
const LITTLE_BYTES = 128 * 1024;
const FLOAT_BYTES = 4;

/** @see Transport.examine */
export async function* examineFile(
  url: string,
  partMs: number,
  dial: Transport['dial'],
): AsyncGenerator<Finding, Channel | undefined> {
  const begun = performance.now();
  const opened = await within(partMs, (signal) => dial(url, { role: 'worker', signal })).catch(
    (error: unknown): Finding => ({ advice: ADVICE, ...failed(CONNECT, error) }),
  );
  if ('status' in opened) {
    yield opened;
    return undefined;
  }
  const found = `answers in ${inTime(performance.now() - begun)}`;
  const buffer = describeBuffer(readSetting());
  return yield* handOver(opened, [
    { ...CONNECT, status: 'ok', found },
    ...(buffer ? [buffer] : []),
  ]);
}

const ADVICE =
  'look whether the coordinator runs on this machine, as this user, and with that --listen-unix';

function readSetting(): string | undefined {
  try {
    return readFileSync(SETTING, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param setting its text; undefined where there is none. @returns nothing where nobody knows */
export function describeBuffer(setting: string | undefined): Finding | undefined {
  const bytes = Number(setting?.trim() || Number.NaN);
  if (!(bytes > 0)) return undefined;
  const parameters = Math.floor(bytes / FLOAT_BYTES);
  const found = `${bytes} bytes (net.core.wmem_default): gradients of more than ${parameters} parameters go in turns`;
  if (bytes >= LITTLE_BYTES) return { ...BUFFER, status: 'ok', found };
  const advice =
    'it is less than usual, so that there are many turns: sysctl -w net.core.wmem_default=212992';
  return { ...BUFFER, status: 'note', found, advice };
}
