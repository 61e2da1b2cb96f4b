/** @returns the first compiler that answers, as a command with its first arguments */
export function findCompiler(): readonly string[] | undefined;
/** Whether a module is there as it was built, of the sources that there are. */
export function isOfSources(target: string): boolean;
