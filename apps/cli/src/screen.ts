// The two output streams, and the live line or lines on stderr that are rewritten in place while work goes on.
// Invariant: whole lines only ever follow a cleared live line, so the two never mix; where stderr is not
// a terminal, or CI is set, there is no live line and not one control character. What is shown is asked for ten times a second
// at most, however many lines come between.
import pc from 'picocolors';

/** What a stream must be able to do. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width and height in characters, where it is a terminal. */
  readonly columns?: number;
  readonly rows?: number;
}

export interface ScreenOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** The live line is written anew this often: 10 times a second. */
const REFRESH_MS = 100;
const CLEAR_LINE = '\r\u001b[K';
const UP_AND_CLEAR = '\u001b[1A\u001b[K';
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const LABEL_WIDTH = 10;

/** All control characters but tabs and line ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

export class Screen {
  readonly outColors: Colors;
  readonly errColors: Colors;
  /** Whether there is a live line at all. */
  readonly isLive: boolean;
  /** Whether results go to a terminal: somebody may type what they say. */
  readonly isTerminal: boolean;
  /** Whether a terminal shows characters such as ▁ and █. */
  readonly hasUnicode: boolean;
  readonly #stdout: Output;
  readonly #stderr: Output;
  #render: ((columns: number) => string) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The live text as it was last asked for. */
  #text = '';
  /** Lines of it that stand on the terminal. */
  #shown = 0;

  constructor({ stdout, stderr, env }: ScreenOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.isLive = stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI;
    this.isTerminal = stdout.isTTY === true;
    this.hasUnicode = showsUnicode(env);
    this.outColors = pc.createColors(hasColors(stdout, env));
    this.errColors = pc.createColors(hasColors(stderr, env));
  }

  /** Of the terminal that shows live lines, less the last one, which makes some terminals wrap. */
  get columns(): number {
    return (this.#stderr.columns || DEFAULT_COLUMNS) - 1;
  }

  /** A line on stdout. */
  out(line: string): void {
    this.#clear();
    this.#stdout.write(`${line}\n`);
  }

  /** A result on stdout, with what it is. */
  result(label: string, value: string): void {
    const padded = label.length < LABEL_WIDTH ? label.padEnd(LABEL_WIDTH) : `${label}  `;
    this.out(this.outColors.dim(padded) + value);
  }

  /**
   * Text on stdout as it comes, with no line's end of its own. On a terminal what would steer it is shown as �: nobody has looked
   * at the text before.
   */
  write(text: string): void {
    this.#clear();
    this.#stdout.write(this.#stdout.isTTY ? text.replace(CONTROLS, '\ufffd') : text);
    this.#draw();
  }

  /** A line on stderr. */
  err(line: string): void {
    this.#clear();
    this.#stderr.write(`${line}\n`);
    this.#draw();
  }

  note(text: string): void {
    this.err(this.errColors.dim(text));
  }

  warn(text: string): void {
    this.err(`${this.errColors.yellow('warning:')} ${text}`);
  }

  error(text: string): void {
    this.err(`${this.errColors.red('error:')} ${text}`);
  }

  /**
   * Shows live text, a line or a few, until `hide`.
   *
   * @param render gives the text, no line more than `columns` wide; '' shows nothing
   */
  show(render: (columns: number) => string): void {
    if (!this.isLive) return;
    this.#render = render;
    this.#timer ??= setInterval(() => this.#refresh(), REFRESH_MS).unref();
    this.#refresh();
  }

  /** Takes the live line away; the cursor is at the start of an empty line. */
  hide(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#render = undefined;
    this.#clear();
  }

  #refresh(): void {
    if (!this.#render) return;
    const lines = this.#render(this.columns).split('\n');
    // Lines that have left the screen could not be taken back.
    const most = Math.max((this.#stderr.rows || DEFAULT_ROWS) - 1, 1);
    this.#text = lines.slice(0, most).join('\n');
    this.#draw();
  }

  #draw(): void {
    if (!this.#render) return;
    this.#stderr.write(`${this.#erasure()}${this.#text}`);
    this.#shown = this.#text === '' ? 0 : this.#text.split('\n').length;
  }

  #clear(): void {
    if (this.#shown > 0) this.#stderr.write(this.#erasure());
    this.#shown = 0;
  }

  #erasure(): string {
    return CLEAR_LINE + UP_AND_CLEAR.repeat(Math.max(this.#shown - 1, 0));
  }
}

/** Source: no-color.org (NO_COLOR counts when it is not empty). */
function hasColors(stream: Output, env: ScreenOptions['env']): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  // Open MPI gives each rank a terminal of its own, whatever becomes of what is written to it.
  if (env.OMPI_COMM_WORLD_RANK) return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/**
 * By the locale, where one is set (POSIX: LC_ALL, else LC_CTYPE, else LANG). Where none is, as in containers, most terminals do:
 * not the Linux console, and on Windows those that say who they are.
 */
function showsUnicode(env: ScreenOptions['env']): boolean {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return false;
  if (env.OS === 'Windows_NT') return Boolean(env.WT_SESSION || env.TERM_PROGRAM || env.ConEmuTask);
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return !locale || /utf-?8/i.test(locale);
}
