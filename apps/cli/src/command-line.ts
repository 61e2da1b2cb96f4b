// Commands and paths as the user would type them, for what is printed to be copied.
import { basename, isAbsolute, relative, sep } from 'node:path';

/** `lockstep` with arguments, as the user would have to type it. */
export type CommandLine = (...args: readonly string[]) => string;

export interface Invocation {
  /** The script that runs, as in process.argv[1]. */
  readonly script: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Says the command in the way in which this one was started. */
export function commandLine({ script, cwd, env }: Invocation): CommandLine {
  const isScript = basename(script) === 'lockstep.js';
  const isWorkspaceScript =
    env.npm_package_name === 'lockstep-monorepo' &&
    ['lockstep', 'train'].includes(env.npm_lifecycle_event ?? '');
  // Whoever began with npx has no pnpm of their own; the version is the one that runs this.
  const pnpm = /^pnpm\/([\w.-]+)/.exec(env.npm_config_user_agent ?? '')?.[1];
  const command = isWorkspaceScript
    ? ['npx', '-y', pnpm ? `pnpm@${pnpm}` : 'pnpm', 'lockstep']
    : isInstalled(script)
      ? ['npx', 'lockstep']
      : isScript
        ? ['node', shortPath(script, cwd)]
        : ['lockstep'];
  return (...args) => [...command, ...args].map(quote).join(' ');
}

/** Among the packages of a project, or where npx keeps those that it runs. */
function isInstalled(script: string): boolean {
  return /[\\/]node_modules[\\/]/.test(script);
}

/** A path from the working folder where it lies in it, else as it is. Never one that would be taken for a flag. */
export function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  const isInside = short !== '' && !isAbsolute(short) && short.split(sep)[0] !== '..';
  const shown = isInside ? short : path;
  return shown.startsWith('-') ? `.${sep}${shown}` : shown;
}

/** What every shell takes as it is: a backslash only where it parts folders. */
const PLAIN = sep === '\\' ? /^[\w@%+:,./\\-][\w@%+=:,./\\-]*$/ : /^[\w@%+:,./-][\w@%+=:,./-]*$/;

function quote(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
