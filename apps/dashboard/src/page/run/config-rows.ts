// What runs are made of, side by side: where they differ stands first.
import type { RunInfo } from '../../contract.js';

type Value = RunInfo['config'][string] | undefined;

/** What tells two runs apart without being a setting of theirs. */
const NO_SETTING = ['created'];

export interface ConfigRow {
  readonly name: string;
  /** Of each run; undefined where it has none of that name. */
  readonly values: readonly Value[];
  readonly differs: boolean;
}

/** Both halves in the order in which the first run that has a name lists it. */
export function configRows(configs: readonly RunInfo['config'][]): ConfigRow[] {
  const names = [...new Set(configs.flatMap((config) => Object.keys(config)))];
  const rows = names.map((name) => {
    const values = configs.map(
      (config): Value => (Object.hasOwn(config, name) ? config[name] : undefined),
    );
    const isOther = values.some((value) => !Object.is(value, values[0]));
    return { name, values, differs: isOther && !NO_SETTING.includes(name) };
  });
  return [...rows.filter(({ differs }) => differs), ...rows.filter(({ differs }) => !differs)];
}

/** As a file of flags would have it. */
export function valueText(value: Value): string {
  if (value === undefined) return '–';
  return value === null ? 'none' : String(value);
}
