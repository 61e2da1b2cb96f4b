// Who looks on, by flags, as one. Each is loaded by those alone who ask for it: a run without begins as soon as ever.
import type { ClusterEvent, WatchOptions } from '@lockstep/trainer';
import type { WorkerEvent } from '@lockstep/worker';
import { describeError } from './errors.js';
import type { MetricsFlags } from './metrics/options.js';
import { watchForPrometheus, watchWorkerForPrometheus } from './metrics/watching.js';
import type { Mirror } from './mirror/mirror.js';
import type { RunFlags } from './options.js';
import type { Screen } from './screen.js';
import type { Session } from './session.js';
import {
  checkTensorboardFolder,
  type TensorboardFlags,
  tensorboardFolder,
} from './tensorboard-option.js';
import { watchForTracing, watchWorkerForTracing } from './tracing/watching.js';
import type { Watched, WatchedWorker, Watcher } from './watcher.js';

/** Makes a watcher of a run, by the run's folder. */
type Maker<Seen, Event> = (out: string) => Watcher<Seen, Event>;

export class Watchers<Seen = Watched, Event = ClusterEvent> {
  readonly #screen: Screen;
  readonly #later: readonly Maker<Seen, Event>[];
  #watchers: readonly Watcher<Seen, Event>[];

  /**
   * @param open those that watch already; undefined for those that nobody asks for
   * @param later those that cannot before the run's folder is known
   */
  constructor(
    screen: Screen,
    open: readonly (Watcher<Seen, Event> | undefined)[],
    later: readonly (Maker<Seen, Event> | undefined)[] = [],
  ) {
    this.#screen = screen;
    this.#watchers = open.filter((watcher) => watcher !== undefined);
    this.#later = later.filter((make) => make !== undefined);
  }

  /** What a run in this folder is to call; what nobody asks for is left out. Once, before `begin`. */
  callbacks(out: string): Pick<WatchOptions, 'onEpoch' | 'onStep'> {
    this.#watchers = [...this.#watchers, ...this.#later.map((make) => make(out))];
    const asks = (callback: 'onEpoch' | 'onStep'): boolean =>
      this.#watchers.some((watcher) => watcher[callback] !== undefined);
    // They answer nothing, which is no answer that ends a run.
    return {
      ...(asks('onEpoch') && {
        onEpoch: (epoch) => this.#each((watcher) => watcher.onEpoch?.(epoch)),
      }),
      ...(asks('onStep') && { onStep: (step) => this.#each((watcher) => watcher.onStep?.(step)) }),
    };
  }

  begin(seen: Seen, out = ''): Promise<void> {
    return this.#each((watcher) => watcher.begin(seen, out));
  }

  onEvent(event: Event): Promise<void> {
    return this.#each((watcher) => watcher.onEvent(event));
  }

  /** Does what is watched; the watching ends with it, however that ends. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    let failure: unknown;
    try {
      return await work();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await this.#each((watcher) => watcher.close(failure));
    }
  }

  async #each(call: (watcher: Watcher<Seen, Event>) => unknown): Promise<void> {
    for (const watcher of this.#watchers) {
      try {
        await call(watcher);
      } catch (error) {
        this.#watchers = this.#watchers.filter((other) => other !== watcher);
        this.#screen.warn(`${watcher.name} has stopped: ${describeError(error).message}`);
      }
    }
  }
}

type WatchFlags = Pick<RunFlags, 'tensorboard' | 'prometheus' | 'traceSteps' | 'out' | 'resume'>;

/**
 * Looks whether those who are asked for can do it, before anything of the run begins.
 *
 * @param command that computes the run
 * @param mirror where the run is kept besides
 * @throws UsageError if one cannot
 */
export async function prepareWatchers(
  flags: WatchFlags,
  session: Session,
  command: string,
  mirror: Mirror | undefined,
): Promise<Watchers> {
  const { screen } = session;
  const { watchForMirror } = mirror ? await import('./mirror/watching.js') : {};
  const mirroring =
    mirror && ((out: string) => watchForMirror!(mirror, out, { ...session, command }));
  const tensorboard = await prepareTensorboard(flags, session);
  const prometheus = await watchForPrometheus(flags, screen);
  const tracing = await watchForTracing(flags, screen);
  return new Watchers<Watched, ClusterEvent>(
    screen,
    [prometheus, tracing],
    [tensorboard, mirroring],
  );
}

/** As `prepareWatchers`, of a worker. */
export async function prepareWorkerWatchers(
  flags: MetricsFlags,
  name: string,
  { screen }: Session,
): Promise<Watchers<WatchedWorker, WorkerEvent>> {
  const prometheus = await watchWorkerForPrometheus(flags, name, screen);
  return new Watchers(screen, [prometheus, await watchWorkerForTracing(name, screen)]);
}

async function prepareTensorboard(
  { tensorboard, out: chosen, resume }: TensorboardFlags & Pick<RunFlags, 'out' | 'resume'>,
  session: Session,
): Promise<Maker<Watched, ClusterEvent> | undefined> {
  if (tensorboard === undefined) return undefined;
  const known = resume ?? chosen;
  // A folder that is made for the run has no other one's events.
  if (tensorboard !== true || known !== undefined) {
    const folder = tensorboardFolder(tensorboard, known ?? '');
    await checkTensorboardFolder(folder, resume === undefined);
  }
  const { TensorboardWatcher } = await import('./tensorboard/watcher.js');
  return (out) =>
    new TensorboardWatcher({ folder: tensorboardFolder(tensorboard, out), out }, session);
}
