// Tables in Markdown that are also readable as they stand, and numbers in them. Pure text.

/** @param columns headings; one that ends in `:` is aligned to the right */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const right = columns.map((column) => column.endsWith(':'));
  const heads = columns.map((column) => column.replace(/:$/, ''));
  const widths = heads.map((head, i) =>
    Math.max(3, head.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, i) => {
      const cell = cells[i] ?? '';
      return right[i] ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, i) =>
    right[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(heads), line(rule), ...rows.map(line)].join('\n');
}

/** 133691 -> 134,000: three digits, which is what such measurements hold. */
export function count(value: number): string {
  const rounded = value >= 1000 ? Number(value.toPrecision(3)) : Math.round(value);
  return rounded.toLocaleString('en-US');
}

export function ratio(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Of what is close to 1. */
export function thousandths(value: number): string {
  return value.toFixed(3);
}

export function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? '?' : (bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 2 : 0);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}
