// What a worker tells people: its events as lines, and where it stands as one that is rewritten.
// Invariant: nothing is said twice, and every line comes from an event, so that --json tells as much.
import { inWords, type WorkerEvent, type WorkerStatus } from '@lockstep/worker';
import { cut } from './progress-line.js';
import type { Screen } from './screen.js';
import { describeThreadChange, formatCount, formatLoss, plural } from './wording.js';

type Told<Name> = Extract<WorkerEvent, { readonly event: Name }>;

/** The same trouble is told again after so long. */
const SAY_AGAIN_MS = 60_000;

/** It remembers what it said, so that nothing is said twice. */
export class WorkerLines {
  readonly #screen: Screen;
  readonly #tellResult: (line: string) => void;
  /** Why there was no link, as it was last said. */
  #trouble = '';
  #troubleAt = 0;
  #data = '';

  /** @param tellResult where what it came to goes */
  constructor(screen: Screen, tellResult = (line: string): void => screen.out(line)) {
    this.#screen = screen;
    this.#tellResult = tellResult;
  }

  tell(event: WorkerEvent): void {
    const screen = this.#screen;
    switch (event.event) {
      case 'dialling':
        if (event.attempt === 1) screen.note(`connecting to ${event.url}`);
        break;
      case 'not-connected':
        this.#notConnected(event);
        break;
      case 'connected':
        this.#trouble = '';
        screen.err(`connected to ${event.url}`);
        break;
      case 'disconnected':
        screen.warn(`lost the coordinator: ${event.reason}`);
        break;
      case 'dataset':
        this.#dataset(event);
        break;
      case 'joined':
        screen.err(`joined as ${event.name} with ${plural(event.threads, 'thread')}`);
        break;
      case 'generation': {
        const { generation, members, topology, first, end } = event;
        const shards = end > first ? `shards ${first} to ${end - 1}` : 'no shards';
        screen.note(
          `generation ${generation}: ${shards}; ${plural(members.length, 'worker')} (${topology})`,
        );
        break;
      }
      case 'threads':
        screen.note(describeThreadChange(event));
        break;
      case 'without-shards':
        screen.note(`note: ${event.reason}`);
        break;
      case 'status':
        // The live line shows it.
        if (!screen.isLive) screen.note(event.doing);
        break;
      case 'run-end':
        this.#tellResult(`the run is over at step ${formatCount(event.step)}`);
        // Whoever keeps the best epoch gives other weights: these are what was computed last.
        this.#tellResult(`weights   sha256 ${event.weightsHash} at its last step`);
        break;
      case 'progress':
      case 'left':
        break;
    }
  }

  #notConnected({ reason, retryMs, giveUpMs, time }: Told<'not-connected'>): void {
    const now = Date.parse(time);
    if (reason === this.#trouble && now - this.#troubleAt < SAY_AGAIN_MS) return;
    this.#trouble = reason;
    this.#troubleAt = now;
    const limit = giveUpMs === null ? '' : `, giving up in ${inWords(giveUpMs)}`;
    this.#screen.note(`not connected: ${reason}; trying again in ${inWords(retryMs)}${limit}`);
  }

  /** What is evaluated has a line of its own where it comes from elsewhere. */
  #dataset({ name, part, source }: Told<'dataset'>): void {
    const line = `data: ${name} (${source})`;
    if (part === 'train') this.#screen.note(line);
    else if (line !== this.#data) this.#screen.note(`${part} ${line}`);
    this.#data = line;
  }
}

/** What it does, and how its time goes. */
export function statusLine({ doing, step, steps, pace }: WorkerStatus, columns: number): string {
  const parts = [doing];
  if (step !== undefined && steps !== undefined) {
    parts.push(`step ${formatCount(step)}/${formatCount(steps)}`);
  }
  if (pace) {
    const { loss, computeMs, sendMs, waitMs } = pace;
    parts.push(
      `loss ${formatLoss(loss)}`,
      `${computeMs.toFixed(2)} ms computing, ${sendMs.toFixed(2)} sending, ${waitMs.toFixed(2)} waiting`,
    );
  }
  return cut(parts.join('  '), columns);
}
