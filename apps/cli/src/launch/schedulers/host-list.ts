// Lists of hosts as Slurm writes them: `gpu[008-010,12],x` is gpu008, gpu009, gpu010, gpu12 and x; brackets may stand several times
// in a name (`rack[1-2]node[1-3]`), the last one turning fastest, and within each other. Pure.
// Source: Slurm, "scontrol show hostnames".
import { UsageError } from '../../errors.js';

/** More than any job has. */
const MOST = 65_536;

/**
 * @param name of the variable, for errors
 * @returns the hosts in their order, at least one
 * @throws UsageError if it is no such list
 */
export function hostsOf(text: string, name: string): readonly string[] {
  const refuse = (why: string): never => {
    throw new UsageError(
      `launch: ${name}=${text}: ${why}; expected hosts such as node1,gpu[008-010]; unset it, or give --rank, --ranks and --coordinator`,
    );
  };
  const hosts = expand(text, refuse);
  return hosts.length === 0 || hosts.some((host) => !/^[\w.:-]+$/.test(host))
    ? refuse('it is no list of hosts')
    : hosts;
}

type Refuse = (why: string) => never;

function expand(list: string, refuse: Refuse): string[] {
  return within(
    partsOf(list, refuse).flatMap((part) => expandName(part.trim(), refuse)),
    refuse,
  );
}

/** Cut at the commas that stand in no brackets. */
function partsOf(list: string, refuse: Refuse): string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of list) {
    if (letter === '[') depth++;
    if (letter === ']') depth--;
    if (depth < 0) refuse('a bracket is closed that was not opened');
    if (letter === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  if (depth > 0) refuse('a bracket is not closed');
  return parts;
}

/** One name, with any number of brackets. */
function expandName(name: string, refuse: Refuse): string[] {
  const open = name.indexOf('[');
  if (open < 0) return [name];
  let close = open;
  for (let depth = 0; ; close++) {
    if (name[close] === '[') depth++;
    if (name[close] === ']') depth--;
    if (depth === 0) break;
  }
  const head = name.slice(0, open);
  const middles = partsOf(name.slice(open + 1, close), refuse).flatMap((part) =>
    expandRange(part.trim(), refuse),
  );
  const tails = expandName(name.slice(close + 1), refuse);
  return within(
    middles.flatMap((middle) => tails.map((tail) => `${head}${middle}${tail}`)),
    refuse,
  );
}

/** `008-010`, with as many digits as they are written with; or a name of its own. */
function expandRange(part: string, refuse: Refuse): string[] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(part) ?? [];
  if (first === undefined || last === undefined) return expandName(part, refuse);
  const [from, to] = [Number(first), Number(last)];
  if (to < from) refuse(`${part} goes backwards`);
  if (to - from >= MOST) refuse(`${part} has more than ${MOST} hosts`);
  return Array.from({ length: to - from + 1 }, (_, i) =>
    String(from + i).padStart(first.length, '0'),
  );
}

function within(hosts: string[], refuse: Refuse): string[] {
  return hosts.length > MOST ? refuse(`it has more than ${MOST} hosts`) : hosts;
}
