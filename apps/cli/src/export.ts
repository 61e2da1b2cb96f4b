// `lockstep export`: a trained model in a form that other software reads. What the forms are, core says.
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { weightsHash } from '@lockstep/core';
import { EXPORT_FORMATS, type ExportFormat, type ExportSettings } from '@lockstep/core/internal';
import { loadModel, writeNamedFile } from '@lockstep/trainer';
import { type Command, Option } from 'commander';
import { UsageError } from './errors.js';
import { type Given, givenOptions } from './given.js';
import { localPath } from './option-values.js';
import { jsonOption } from './options.js';
import type { Perform, Session } from './session.js';
import { checkNewFile } from './writable-place.js';

interface ExportFlags {
  readonly to: string;
  readonly out?: string;
  readonly force: boolean;
  readonly divideInputs: boolean;
  readonly compress: boolean;
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  $ lockstep export runs/2026-11-23T09-41-00Z-mnist-mlp --to onnx
  $ lockstep export iris.safetensors --to npz --out weights.npz
  $ lockstep export runs/mine --to graph --out network.json && lockstep train --model network.json

The ONNX file takes "input", float32 [N, ...], and gives "output", the network's own: scores, where it learnt classes. What
they mean is in its metadata_props.`;

/** Adds the command to a program; `perform` runs what it does. */
export function addExportCommand(program: Command, perform: Perform): void {
  const formats = EXPORT_FORMATS.map(({ name, what }) => `${name} (${what})`).join(', ');
  const command = program
    .command('export')
    .description('a trained model as a file for other software')
    .argument('<run|file>', "a run's folder, a model's file, or a checkpoint")
    .addOption(
      new Option('--to <format>', formats)
        .choices(EXPORT_FORMATS.map(({ name }) => name))
        .makeOptionMandatory(),
    )
    .option('--out <file>', 'the file (default: beside the model)', localPath)
    .option('--force', 'in place of a file that is there', false)
    .option(
      '--divide-inputs',
      'onnx: divide inputs in the network, so that it takes pixels from 0 to 255 as they are',
      false,
    )
    .option('--compress', 'npz: deflate the arrays', false)
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES);
  command.action((source: string) => {
    const given = givenOptions<ExportFlags>(command);
    return perform((session) => exportModel(given, source, session));
  });
}

async function exportModel(
  { flags, isGiven }: Given<ExportFlags>,
  source: string,
  { reporter, now }: Session,
): Promise<void> {
  const format = EXPORT_FORMATS.find(({ name }) => name === flags.to)!;
  for (const flag of ['divideInputs', 'compress'] as const) {
    if (isGiven(flag)) requireSetting(format, flag);
  }
  const found = await stat(source).catch(() => undefined);
  if (!found) throw new UsageError(`export: there is no file or folder ${source}`);
  const out = resolve(flags.out ?? beside(source, found.isDirectory(), format));
  if (found.isFile() && out === resolve(source)) {
    throw new UsageError(`export: ${out} is what is exported; name another file with --out`);
  }
  await checkNewFile({ operation: 'export', path: out, force: flags.force });
  const trained = await loadModel(source);
  const hash = await weightsHash(trained.parameters);
  const bytes = format.encode(trained, { ...flags, metadata: { weights_hash: hash } });
  await writeNamedFile('export', out, [bytes]);
  reporter.report({
    ...{ event: 'exported', time: now().toISOString(), to: format.name },
    ...{ path: out, bytes: bytes.byteLength, weightsHash: hash },
  });
}

function requireSetting({ name, settings }: ExportFormat, setting: keyof ExportSettings): void {
  if (settings.includes(setting)) return;
  const others = EXPORT_FORMATS.filter((format) => format.settings.includes(setting));
  const flag = setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(
    `--${flag} goes with --to ${others.map((format) => format.name).join(' or ')}, not with ${name}`,
  );
}

/** In a run's folder, or beside a file under its name. */
function beside(source: string, isFolder: boolean, { extension }: ExportFormat): string {
  if (isFolder) return join(source, `model${extension}`);
  return join(dirname(source), `${basename(source, extname(source))}${extension}`);
}
