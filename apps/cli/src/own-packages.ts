// Lets a model's file import Lockstep's packages wherever it lies: at the repository's top, in a folder of the user's, beside a
// command that is installed globally.
// Invariant: what such a file imports as `@lockstep/…` is the copy that the command itself runs on, also where another one is
// nearer: layers of one copy cannot be traced by another. Names that the command has no copy of are looked up as ever.
import * as nodeModule from 'node:module';
import { type Next, ownPlace } from './own-packages-hook.js';

type Context = { readonly parentURL?: string | undefined };

/** Of Node 22.15 and newer, which deprecate `register` in time. */
type RegisterHooks = (hooks: {
  resolve(specifier: string, context: Context, next: Next<unknown>): unknown;
}) => unknown;

/** As built, also where this file is not. */
const HOOK = new URL('../dist/own-packages-hook.js', import.meta.url);

let isOffered = false;

/** From here on, for the whole process. */
export function offerOwnPackages(): void {
  if (isOffered) return;
  isOffered = true;
  const { registerHooks } = nodeModule as { readonly registerHooks?: RegisterHooks };
  if (registerHooks) registerHooks({ resolve: resolveNow });
  else nodeModule.register(HOOK);
}

function resolveNow(specifier: string, context: Context, next: Next<unknown>): unknown {
  const place = ownPlace(specifier);
  if (place === undefined) return next(specifier, context);
  try {
    return next(specifier, { ...context, parentURL: place });
  } catch {
    return next(specifier, context);
  }
}
