// A few columns of short texts as lines, one below the other. Pure: columns and a width in, lines out.
// Invariant: no line is wider than it may be; where there is no room for all columns, those are left out that say least.
import { cut } from './progress-line.js';

export interface TableColumn {
  readonly title: string;
  /** One for each row. */
  readonly cells: readonly string[];
  readonly isNumeric?: boolean;
  /** Columns with the least go first, together, where there is no room. */
  readonly worth: number;
}

const GAP = '  ';

/** @returns the titles, and a line for each row */
export function tableLines(columns: readonly TableColumn[], width: number): string[] {
  const shown = columnsWithin(columns, width).map(aligned);
  const rows = shown[0]?.length ?? 0;
  return Array.from({ length: rows }, (_, row) =>
    cut(
      shown
        .map((cells) => cells[row])
        .join(GAP)
        .trimEnd(),
      width,
    ),
  );
}

function columnsWithin(columns: readonly TableColumn[], width: number): readonly TableColumn[] {
  let shown = columns;
  while (shown.length > 1 && widthOf(shown) > width) {
    const least = Math.min(...shown.map(({ worth }) => worth));
    const rest = shown.filter(({ worth }) => worth > least);
    if (rest.length === 0) break;
    shown = rest;
  }
  return shown;
}

function widthOf(columns: readonly TableColumn[]): number {
  const widths = columns.map(columnWidth);
  return widths.reduce((a, b) => a + b, 0) + GAP.length * (columns.length - 1);
}

function columnWidth({ title, cells }: TableColumn): number {
  return Math.max(title.length, ...cells.map((cell) => cell.length));
}

function aligned(column: TableColumn): string[] {
  const width = columnWidth(column);
  return [column.title, ...column.cells].map((text) =>
    column.isNumeric ? text.padStart(width) : text.padEnd(width),
  );
}
