// `lockstep generate`: a language model goes on from a prompt; what it says is written as it comes.
import { encodeText, type TrainedModel } from '@lockstep/core';
import { loadModel } from '@lockstep/trainer';
import type { Command } from 'commander';
import { UsageError } from './errors.js';
import { type Given, givenOptions } from './given.js';
import { decimalNumber, wholeNumber } from './option-values.js';
import { jsonOption } from './options.js';
import type { Perform, Session } from './session.js';

interface GenerateFlags {
  readonly prompt?: string;
  readonly length: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly seed: number;
  readonly slide: number;
  readonly json: boolean;
}

const MOST_TOKENS = 1 << 24;

const EXAMPLES = `
Examples:
  $ lockstep generate runs/2026-11-23T09-41-00Z-book-gpt --prompt 'Once upon a time'
  $ lockstep generate book.safetensors --length 1000 --temperature 0.8 --top-k 40 --seed 7
  $ lockstep generate book.safetensors --temperature 0 --json

The same model, prompt, options and seed give the same text on every machine (docs/text.md).`;

/** Adds the command to a program; `perform` runs what it does. */
export function addGenerateCommand(program: Command, perform: Perform): void {
  const command = program
    .command('generate')
    .description('text that a language model goes on with')
    .argument('<run|file>', "a run's folder, a model's file, or a checkpoint")
    .option('--prompt <text>', "what it goes on from (default: a line's end)")
    .option('--length <n>', 'tokens that come', wholeNumber(0, MOST_TOKENS), 256)
    .option(
      '--temperature <x>',
      'above 1 more daring; 0 takes the most probable',
      decimalNumber(),
      1,
    )
    .option('--top-k <k>', 'one of so many of the most probable (default: all)', wholeNumber(1))
    .option('--seed <n>', 'of what is drawn', wholeNumber(0), 0)
    .option(
      '--slide <n>',
      'tokens that are let go at once where the text is longer than the context: more is faster',
      wholeNumber(1),
      1,
    )
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES);
  command.action((source: string) => {
    const given = givenOptions<GenerateFlags>(command);
    return perform((session) => generate(given, source, session));
  });
}

async function generate(
  { flags }: Given<GenerateFlags>,
  source: string,
  { screen, signal }: Session,
): Promise<void> {
  const { json, prompt = '\n', ...options } = flags;
  if (prompt === '') throw new UsageError('--prompt: it is empty; expected a text to go on from');
  const trained = await loadModel(source);
  const pieces = trained.generate({ ...options, prompt });
  noteUnknown(trained, prompt, (note) => screen.note(note));
  let text = '';
  if (!json) screen.write(prompt);
  for (const piece of pieces) {
    // Signals and a closed output are heard between tokens.
    await new Promise((resume) => setImmediate(resume));
    signal.throwIfAborted();
    if (json) text += piece;
    else screen.write(piece);
  }
  if (json) screen.out(JSON.stringify({ event: 'text', prompt, text, ...options }));
  else screen.write('\n');
}

/** What the training text lacks is seen as one and the same character: who asks should know. */
function noteUnknown(
  { tokenizer }: TrainedModel,
  prompt: string,
  note: (text: string) => void,
): void {
  if (tokenizer?.kind !== 'characters') return;
  const unknown = [...new Set(prompt)].filter((one) => encodeText(tokenizer, one)[0] === 0);
  if (unknown.length === 0) return;
  note(
    `note: the text that the model was trained on has no ${unknown.map((one) => JSON.stringify(one)).join(', ')}; it sees \ufffd instead`,
  );
}
