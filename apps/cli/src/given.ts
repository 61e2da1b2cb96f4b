// What a command knows of the flags it was given: their values, and which of them somebody typed, or wrote
// in a file.
import type { Command } from 'commander';

/** Flags as parsed, and which of them the user gave rather than left at their default. */
export interface Given<F> {
  readonly flags: F;
  isGiven(flag: keyof F & string): boolean;
  /** Those of the flags that the user gave, as words to type again. */
  again(...flags: readonly (keyof F & string)[]): readonly string[];
}

export function givenOptions<F extends object>(command: Command): Given<F> {
  const isGiven = (flag: string): boolean =>
    ['cli', 'config'].includes(command.getOptionValueSource(flag) ?? '');
  const again = (...flags: readonly string[]): string[] =>
    command.options.flatMap((option) => {
      const name = option.attributeName();
      if (!flags.includes(name) || !isGiven(name)) return [];
      const value: unknown = command.getOptionValue(name);
      return value === true ? [option.long!] : [option.long!, String(value)];
    });
  return { flags: command.opts<F>(), isGiven, again };
}
