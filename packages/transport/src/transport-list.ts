// A list of transports as somebody gave it.
import { ConfigError, describeValue } from '@lockstep/errors';
import type { Transport } from './transport.js';

/**
 * @param options what was given beside it
 * @param own names of options that belong to the transport that is used without a list
 * @throws ConfigError if it is no such list, or such an option stands beside it
 */
export function checkTransports(
  operation: string,
  transports: readonly Transport[],
  options: object,
  own: readonly string[],
): readonly Transport[] {
  const isList = Array.isArray(transports) && transports.length > 0;
  if (!isList || !transports.every((one) => typeof one?.dial === 'function')) {
    throw new ConfigError(
      `${operation}: transports must be a list of at least one transport, as [webSockets()], got ${describeValue(transports)}`,
    );
  }
  for (const name of own) {
    if ((options as Readonly<Record<string, unknown>>)[name] === undefined) continue;
    throw new ConfigError(
      `${operation}: ${name} is a setting of WebSockets; where transports are given, it goes into webSockets`,
    );
  }
  return transports;
}
