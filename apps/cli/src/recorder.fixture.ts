// A stream that keeps what was written to it, for tests.
import { type Output, Screen } from './screen.js';

export class Recorder implements Output {
  text = '';
  readonly isTTY: boolean;
  columns: number;

  constructor(isTTY = false, columns = 80) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.text += text;
  }

  /** What a terminal would show: each line as it stood last. */
  get shown(): string[] {
    return this.text.split('\n').map((line) => line.split('\u001b[K').at(-1)!);
  }
}

export function recordedScreen(isTTY = false, env: Record<string, string> = { NO_COLOR: '1' }) {
  const stdout = new Recorder(isTTY);
  const stderr = new Recorder(isTTY);
  return { stdout, stderr, screen: new Screen({ stdout, stderr, env }) };
}
