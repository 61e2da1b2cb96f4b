// What is found, as lines for people: how it is, what was looked at, what is so; and below that what to do. Pure.
import type { Colors } from '../screen.js';
import { plural } from '../wording.js';
import type { Finding } from './check.js';
import type { DoctorEvent } from './events.js';

const STATUS_WIDTH = 'problem'.length + 2;
const TITLE_WIDTH = 16;

export function findingLines(
  { status, title, found, advice }: Omit<Finding, 'id'>,
  colors: Colors,
): string[] {
  const paint = { ok: colors.green, note: colors.yellow, problem: colors.red }[status];
  const label = paint(status) + ' '.repeat(STATUS_WIDTH - status.length);
  const line = `${label}${title.padEnd(TITLE_WIDTH)}${found}`;
  const indent = ' '.repeat(STATUS_WIDTH + TITLE_WIDTH);
  return advice === undefined ? [line] : [line, `${indent}${colors.dim('→')} ${advice}`];
}

export function summaryLine({ problems, notes }: Pick<DoctorEvent, 'problems' | 'notes'>): string {
  const counts = [
    problems === 0 ? 'no problem' : plural(problems, 'problem'),
    ...(notes === 0 ? [] : [plural(notes, 'note')]),
  ];
  return counts.join(', ');
}
