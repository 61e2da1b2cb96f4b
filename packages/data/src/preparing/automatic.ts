// What is usual for a column of which nobody said more than its name.
// Invariant: a column of numbers is standardised and one of texts becomes an input a category, unless there are so many that it
// holds names or sentences; then somebody has to say what it is.
import { ConfigError, DataError } from '@lockstep/core';
import { numberIn, requireColumn } from '@lockstep/core/internal';
import { describeValue } from '@lockstep/errors';
import { explainNumber, isDecimal } from '../csv/number.js';
import { isNumbers, type Table } from '../table/table.js';
import { type ColumnPlan, classOf, oneHot, standardise } from './columns.js';

/** More distinct texts than this are no categories, nor are texts most of which differ, unless somebody says so. */
const MAX_USUAL_CATEGORIES = 100;
const FEW_CATEGORIES = 20;

type InputPlan = Exclude<ColumnPlan, { readonly kind: 'class' }>;

/** @throws ConfigError if it is no plan for an input; DataError if it is a name alone, and nothing is usual for the column */
export function planInput(table: Table, given: ColumnPlan | string): InputPlan {
  if (typeof given !== 'string') {
    checkPlan('inputs', given);
    if (given.kind !== 'class') return given;
    throw new ConfigError('prepare: classOf is for the target; an input of names is oneHot');
  }
  requireColumn('prepare', table, given);
  if (table.typeOf(given) === 'numbers') return standardise(given) as InputPlan;
  const fault = categoryFault(table, given);
  if (fault === undefined) return oneHot(given) as InputPlan;
  throw new DataError(
    `prepare: table ${table.name}: column ${JSON.stringify(given)} ${fault}; mend it, leave the column out, or say oneHot(${JSON.stringify(given)}) if they are categories, bagOfWords(${JSON.stringify(given)}) if they are sentences`,
  );
}

/**
 * Why the texts of a column are no categories, unless somebody says that they are: all but some are numbers, or there are too
 * many different ones.
 *
 * @returns what the column holds, in words that follow its name; undefined if nothing speaks against them
 */
export function categoryFault(table: Table, column: string): string | undefined {
  const values = table.column(column);
  if (values === undefined || isNumbers(values)) return undefined;
  const texts = values.filter((text) => text !== undefined);
  if (2 * texts.filter(isDecimal).length > texts.length) {
    const row = values.findIndex((text) => text !== undefined && numberIn(text) === undefined);
    if (row >= 0) return `holds numbers, and in row ${row} ${explainNumber(values[row]!, '.')}`;
  }
  const distinct = new Set(texts).size;
  const isMostlyDifferent = distinct > FEW_CATEGORIES && 2 * distinct > table.rows;
  if (distinct <= MAX_USUAL_CATEGORIES && !isMostlyDifferent) return undefined;
  return `holds ${distinct} different texts in ${table.rows} rows, too many for an input each`;
}

/** @throws ConfigError if it is no plan for a target; DataError if there is no such column */
export function planTarget(table: Table, given: ColumnPlan | string): ColumnPlan {
  if (typeof given !== 'string') {
    checkPlan('target', given);
    return given;
  }
  requireColumn('prepare', table, given);
  return table.typeOf(given) === 'numbers' ? standardise(given) : classOf(given);
}

function checkPlan(name: string, given: unknown): void {
  const { kind, column } = Object(given) as Partial<ColumnPlan>;
  if (typeof kind === 'string' && typeof column === 'string') return;
  throw new ConfigError(
    `prepare: ${name} has ${describeValue(given)}; expected columns, as standardise('age'), oneHot('district') or a name alone`,
  );
}
