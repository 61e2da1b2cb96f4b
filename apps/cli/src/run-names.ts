// What the files of a run's folder are called, with slashes: those by which it is known, and those that go where the run goes. Pure.

/** By which a folder is a run's. */
export const RUN = 'run.json';
/** What a run leaves at its end. */
export const WEIGHTS = 'weights.safetensors';
export const CHECKPOINTS = 'checkpoints';
export const CHECKPOINT = /^checkpoints\/step-\d{9,16}\.safetensors$/;
/** What the name of a file ends with while it is fetched. */
export const FETCHED = '.fetched';

/** What of a run's folder goes to a store; what is not here stays: claims, tokens and what other programs left. */
export const PLAIN_FILES = [RUN, 'metrics.jsonl', 'journal', 'samples.jsonl', WEIGHTS] as const;

export function isRunFile(name: string): boolean {
  return (PLAIN_FILES as readonly string[]).includes(name) || CHECKPOINT.test(name);
}
