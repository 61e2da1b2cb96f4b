/** @returns the first compiler that answers, as a command with its first arguments */
export function findCompiler(): readonly string[] | undefined;
