// Whether the clock at the other end goes as this one's: every answer of HTTP says what time it is there (RFC 9110 §6.6.1), in
// whole seconds. Behind a proxy it may be the proxy's. Nothing of a run goes by clocks; certificates and logs do.
import { once } from 'node:events';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import type { Finding } from '../../transport.js';
import { inTime, within } from '../../within.js';
import type { DialTls } from '../connect.js';

const PART = { id: 'clocks', title: 'Clocks' } as const;
/** Of a date in whole seconds, its middle may be so far off. */
const HALF_MS = 500;
const MUCH_MS = 5_000;

/** Milliseconds of this machine's clock, but for the text. */
export interface Told {
  readonly date: string | undefined;
  readonly asked: number;
  readonly heard: number;
}

/** The request is one without an upgrade, which a listener answers and forgets. */
export async function compareClocks(target: URL, tls: DialTls, ms: number): Promise<Finding> {
  try {
    return describeClocks(await within(ms, (signal) => ask(target, tls, signal)));
  } catch {
    return unknown('there was no answer to a request of HTTP');
  }
}

async function ask(target: URL, tls: DialTls, signal: AbortSignal): Promise<Told> {
  const isSecure = target.protocol === 'wss:';
  const url = target.href.replace(/^ws/, 'http');
  const asked = Date.now();
  const options = { agent: false, signal } as const;
  const request = isSecure
    ? getSecure(url, { ...options, ...tls, minVersion: 'TLSv1.3' })
    : getPlain(url, options);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const heard = Date.now();
  response.destroy();
  return { date: response.headers.date, asked, heard };
}

export function describeClocks({ date = '', asked, heard }: Told): Finding {
  const there = Date.parse(date);
  if (Number.isNaN(there)) return unknown('its answer says no time');
  const aheadMs = there + HALF_MS - (asked + heard) / 2;
  const unsureMs = HALF_MS + (heard - asked) / 2;
  if (Math.abs(aheadMs) <= unsureMs) {
    return { ...PART, status: 'ok', found: 'the same there and here, to a second' };
  }
  const found = `there it is ${inTime(Math.abs(aheadMs))} ${aheadMs > 0 ? 'later' : 'earlier'} than here`;
  return Math.abs(aheadMs) < MUCH_MS
    ? { ...PART, status: 'ok', found }
    : {
        ...{ ...PART, status: 'note', found },
        advice:
          'set both clocks by the network (NTP): certificates count by them, and logs of several machines are read by them',
      };
}

function unknown(why: string): Finding {
  return { ...PART, status: 'note', found: `not checked: ${why}` };
}
