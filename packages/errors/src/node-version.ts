// Which Node runs this, and which is needed: said in one line, where an older one would fail with something else.
// Invariant: an old Node can read and link this file, so entry points import it before anything else. It throws nothing.

const NEEDED = 'Lockstep needs Node 20.19 or newer';

/**
 * @param version as `20.19.0`; undefined where this is no Node, which has no say then
 * @returns what is wrong with it, in one line; undefined if it will do
 */
export function oldNode(version: string | undefined = runningNode()): string | undefined {
  if (version === undefined) return undefined;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) return `${NEEDED}; this is ${version}`;
  // Between the lines: what 20 was given later, they were not.
  if (major === 21 || (major === 22 && minor < 2)) {
    return `${NEEDED} (of Node 22: 22.2 or newer); this is ${version}`;
  }
  return undefined;
}

function runningNode(): string | undefined {
  const { process } = globalThis as {
    process?: { readonly versions?: { readonly node?: string } };
  };
  return process?.versions?.node;
}
