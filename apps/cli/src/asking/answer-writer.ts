// Answers as lines on stdout: a table for people, CSV, or JSON, one object a line.
import type { TrainedModel } from '@lockstep/core';
import type { Screen } from '../screen.js';
import { type Answer, valueNames } from './answers.js';

export const FORMATS = ['table', 'csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

export interface AnswerWriter {
  write(input: string, answer: Answer): void;
  /** When all has been written. */
  end(): void;
}

export function answerWriter(format: Format, trained: TrainedModel, screen: Screen): AnswerWriter {
  if (format === 'json') {
    return {
      write: (input, answer) => screen.out(JSON.stringify({ input, ...answer })),
      end: () => {},
    };
  }
  return format === 'csv' ? csvWriter(trained, screen) : tableWriter(trained, screen);
}

function csvWriter(trained: TrainedModel, screen: Screen): AnswerWriter {
  let hasBegun = false;
  const line = (cells: readonly (string | number)[]): void => screen.out(cells.map(cell).join(','));
  return {
    write(input, { label, index, probabilities, positions, values = [] }) {
      if (positions) {
        if (!hasBegun) line(['input', ...positions.map((_, i) => `label ${i}`)]);
        hasBegun = true;
        line([input, ...positions.map(({ label }) => label)]);
        return;
      }
      if (!hasBegun) {
        const classes = probabilities?.map((_, i) => `p(${trained.traits.classNames?.[i] ?? i})`);
        const names = valueNames(trained, values.length);
        line(classes ? ['input', 'label', 'index', ...classes] : ['input', ...names]);
      }
      hasBegun = true;
      line(probabilities ? [input, label!, index!, ...probabilities] : [input, ...values]);
    },
    end: () => {},
  };
}

/** Source: RFC 4180, 2. */
function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Classes that are shown beside the most probable one. */
const SHOWN = 3;
const LEAST_SHOWN = 0.0005;
/** Lines that are held back to be set in columns. */
const BLOCK = 200;

function tableWriter(trained: TrainedModel, screen: Screen): AnswerWriter {
  let rows: string[][] = [];
  const flush = (): void => {
    const widths =
      rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
    for (const row of rows) {
      screen.out(
        row
          .map((text, i) => text.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd(),
      );
    }
    rows = [];
  };
  return {
    write(input, answer) {
      rows.push([input, ...columns(trained, answer)]);
      if (rows.length === BLOCK) flush();
    },
    end: flush,
  };
}

function columns(trained: TrainedModel, answer: Answer): string[] {
  const { label, probabilities, positions, values = [] } = answer;
  if (positions) return positions.map((one) => one.label);
  if (!probabilities) {
    const names = valueNames(trained, values.length);
    return values.map((value, i) => `${names[i]} ${Number(value.toPrecision(7))}`);
  }
  const ranked = probabilities
    .map((probability, i) => ({ probability, name: trained.traits.classNames?.[i] ?? String(i) }))
    .sort((a, b) => b.probability - a.probability);
  const others = ranked
    .filter(({ name, probability }) => name !== label && probability >= LEAST_SHOWN)
    .slice(0, SHOWN - 1)
    .map(({ name, probability }) => `${name} ${percent(probability)}`);
  const own = ranked.find(({ name }) => name === label)?.probability ?? 0;
  return [label!, percent(own), others.join(', ')];
}

function percent(probability: number): string {
  return `${(100 * probability).toFixed(1)}%`;
}
