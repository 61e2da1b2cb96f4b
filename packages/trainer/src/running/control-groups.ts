// Where this process's control groups lie in the file system. Linux has them in two forms: one hierarchy for all controllers, and
// older ones, one for some controllers each. It reads no limit: whoever knows a controller knows its files.
// Invariant: of a container that sees its own group only, that group; else all groups around it, too, since their limits count.
//
// Source: proc(5) on cgroup and mountinfo.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A group that this process is in, or one around it. */
export interface ControlGroup {
  /** Below the machine's root. */
  readonly folder: string;
  /** Of the one hierarchy for all controllers (v2), and not of one of its own (v1). */
  readonly isUnified: boolean;
}

/** A mounted hierarchy of control groups: what is seen at `point` is the group `group`. */
interface Mount {
  readonly group: string;
  readonly point: string;
}

/**
 * @param root the folder that holds `proc` and whatever is mounted
 * @param controller as `cpu`
 * @returns none where there are no control groups
 */
export function controlGroups(root: string, controller: string): ControlGroup[] {
  if (process.platform !== 'linux' && root === '/') return [];
  const groups = readBelow(root, 'proc/self/cgroup')?.trim().split('\n') ?? [];
  const mounts = readBelow(root, 'proc/self/mountinfo')?.split('\n') ?? [];
  return groups.flatMap((line) => {
    const [, controllers = '', group = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const isUnified = controllers === '';
    if (!isUnified && !controllers.split(',').includes(controller)) return [];
    const mount = findMount(mounts, isUnified ? undefined : controller);
    return mount ? foldersOf(mount, group).map((folder) => ({ folder, isUnified })) : [];
  });
}

/**
 * Fields of a line: id, parent, device, root, mount point, options, …, `-`, type, source, super options.
 *
 * @param controller of a hierarchy of its own; undefined for the one of all
 */
function findMount(lines: readonly string[], controller: string | undefined): Mount | undefined {
  for (const line of lines) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , group, point] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (group === undefined || point === undefined) continue;
    const isIt =
      controller === undefined
        ? type === 'cgroup2'
        : type === 'cgroup' && options.split(',').includes(controller);
    // Spaces and such are written in octal.
    const plain = (text: string): string =>
      text.replace(/\\(\d{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
    if (isIt) return { group: plain(group), point: plain(point) };
  }
  return undefined;
}

/** From the group itself up to the outermost that can be seen. In a container the group's path may be that of the host. */
function foldersOf({ group: mounted, point }: Mount, group: string): string[] {
  const below = posix.relative(mounted, group);
  const parts = below.startsWith('..') ? [] : below.split('/').filter((part) => part !== '');
  return [...parts.keys(), parts.length].map((length) =>
    posix.join(point, ...parts.slice(0, length)),
  );
}

/** @returns undefined if there is no such file, or it cannot be read */
export function readBelow(root: string, ...path: readonly string[]): string | undefined {
  try {
    return readFileSync(join(root, ...path), 'utf8');
  } catch {
    return undefined;
  }
}
