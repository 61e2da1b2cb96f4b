// A stream that keeps what was written to it, for tests.
import { type Output, Screen } from './screen.js';

export class Recorder implements Output {
  text = '';
  readonly isTTY: boolean;
  columns: number;
  rows = 24;

  constructor(isTTY = false, columns = 80) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.text += text;
  }

  /** What a terminal would show: each line as it stood last. */
  get shown(): string[] {
    const lines = [''];
    const print = (text: string): void => {
      const [head, ...rest] = text.replaceAll('\r', '').split('\n');
      lines[lines.length - 1] += head!;
      lines.push(...rest);
    };
    const [plain, ...codes] = this.text.split('\u001b[');
    print(plain!);
    for (const code of codes) {
      if (code.startsWith('K')) {
        lines[lines.length - 1] = '';
        print(code.slice(1));
      } else if (code.startsWith('1A')) {
        lines.pop();
        print(code.slice(2));
      } else print(`\u001b[${code}`);
    }
    return lines;
  }
}

export function recordedScreen(isTTY = false, env: Record<string, string> = { NO_COLOR: '1' }) {
  const stdout = new Recorder(isTTY);
  const stderr = new Recorder(isTTY);
  return { stdout, stderr, screen: new Screen({ stdout, stderr, env }) };
}
