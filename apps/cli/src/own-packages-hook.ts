// The hook of own-packages.ts where Node runs hooks on a thread of their own: this file is loaded there, alone.

export type Next<R> = (
  specifier: string,
  context: { readonly parentURL?: string | undefined },
) => R;

/** From where a name is looked up in place of the file that imports it; undefined for names that are not ours. */
export function ownPlace(specifier: string): string | undefined {
  return specifier.startsWith('@lockstep/') ? import.meta.url : undefined;
}

export async function resolve<R>(
  specifier: string,
  context: { readonly parentURL?: string | undefined },
  next: Next<Promise<R>>,
): Promise<R> {
  const place = ownPlace(specifier);
  if (place === undefined) return next(specifier, context);
  try {
    return await next(specifier, { ...context, parentURL: place });
  } catch {
    return next(specifier, context);
  }
}
