// What is on the way to a coordinator, for whoever wants to know why a worker cannot join, or whether one could. It goes the way
// that `work` goes, with the same options, and turns back before it joins.
import { ConfigError, checkOptions, type OptionNames, requireText } from '@lockstep/errors';
import { BACKEND_OPTIONS, type BackendOptions, runBackend } from '@lockstep/trainer';
import { examine as examineWay, type Finding, urlProblem } from '@lockstep/transport';
import { transportsOf } from './carry/transports-of.js';
import type { WorkOptions } from './carry/work-options.js';

/** What `examine` takes. */
export type ExamineOptions = BackendOptions &
  Pick<WorkOptions, 'token' | 'transports' | 'tls'> & {
    /** The longest that each part of the way may take. Default 5000. */
    readonly partMs?: number | undefined;
  };

const EXAMINE_OPTIONS: OptionNames<ExamineOptions> = {
  ...{ token: true, transports: true, tls: true, partMs: true },
  ...BACKEND_OPTIONS,
};

/**
 * Looks at the way to a coordinator, part by part: the name, the connection, TLS and its certificate, the upgrade, the
 * protocol's version, the arithmetic, and the token, if one is given. It joins nothing and disturbs no run.
 *
 * @param url of the coordinator, as `work` takes it
 * @returns what is found, in that order; the first problem is the last of it
 * @throws ConfigError at once if an option or the URL is wrong
 */
export function examine(url: string, options: ExamineOptions = {}): AsyncGenerator<Finding> {
  checkOptions('examine', options, EXAMINE_OPTIONS);
  requireText('examine', 'the address of the coordinator', url);
  const { token, partMs } = options;
  if (token !== undefined) requireText('examine', 'token', token);
  const transports = transportsOf(url, options);
  const problem = urlProblem(transports, url);
  if (problem !== undefined) throw new ConfigError(`examine: ${problem}`);
  const { arithmetic } = runBackend('examine', options);
  const key = token === undefined ? undefined : new TextEncoder().encode(token);
  return examineWay(transports, url, { arithmetic, key, partMs });
}
