// Who looks on, by flags. Each is loaded by those alone who ask for it: a run without begins as soon as ever.
import type { RunFlags } from './options.js';
import type { Session } from './session.js';
import { checkTensorboardFolder, tensorboardFolder } from './tensorboard-option.js';
import type { Watcher } from './watcher.js';

/**
 * Looks whether those who are asked for can do it, before anything of the run begins.
 *
 * @returns gives them for a run, by its folder
 * @throws UsageError if one cannot
 */
export async function prepareWatchers(
  { tensorboard, out: chosen, resume }: Pick<RunFlags, 'tensorboard' | 'out' | 'resume'>,
  session: Session,
): Promise<(out: string) => readonly Watcher[]> {
  if (tensorboard === undefined) return () => [];
  const known = resume ?? chosen;
  // A folder that is made for the run has no other one's events.
  if (tensorboard !== true || known !== undefined) {
    const folder = tensorboardFolder(tensorboard, known ?? '');
    await checkTensorboardFolder(folder, resume === undefined);
  }
  const { TensorboardWatcher } = await import('./tensorboard/watcher.js');
  return (out) => [
    new TensorboardWatcher({ folder: tensorboardFolder(tensorboard, out), out }, session),
  ];
}
