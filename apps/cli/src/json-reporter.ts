// Events for programs: one JSON object a line on stdout, and nothing else there.
// Errors and warnings also go to stderr, for the person who reads the log.
import { jsonLine } from '@lockstep/trainer';
import type { CommandEvent, Reporter } from './reporter.js';
import type { Screen } from './screen.js';

export class JsonReporter implements Reporter {
  readonly #screen: Screen;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  report(event: CommandEvent): void {
    this.#screen.out(jsonLine(event).trimEnd());
    if (event.event === 'error') this.#screen.error(event.message);
    if (event.event === 'warning') this.#screen.warn(event.message);
  }
}
