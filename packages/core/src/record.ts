// Whether something is values by names, as JSON or a literal gives them: no list, no Map, no object of a class. A Map would seem
// to have no names at all.

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}
