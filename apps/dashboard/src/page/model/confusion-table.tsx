// A confusion matrix as a table that the keyboard walks through: arrows, Home and End move between cells, Enter shows a cell's
// samples. One cell is in the order of focus.
// Source: WAI-ARIA Authoring Practices, Grid Pattern.
import { useRef, useState } from 'preact/hooks';
import { formatShare } from '../shell/format.js';
import { type Choice, type Confusion, countAt, nameOf, recallOf } from './confusion.js';

interface ConfusionTableProps {
  readonly confusion: Confusion;
  readonly names: readonly string[];
  readonly choice: Choice;
  readonly choose: (choice: Choice) => void;
}

interface Cell {
  readonly right: number;
  readonly said: number;
}

export function ConfusionTable({ confusion, names, choice, choose }: ConfusionTableProps) {
  const [focus, setFocus] = useState<Cell>({ right: 0, said: 0 });
  const [isShares, setShares] = useState(false);
  const grid = useRef<HTMLTableElement>(null);
  const labels = Array.from({ length: confusion.classes }, (_, label) => label);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextCell(focus, event.key, confusion.classes);
    if (!next) return;
    event.preventDefault();
    setFocus(next);
    grid.current?.querySelector<HTMLElement>(`[data-cell="${next.right} ${next.said}"]`)?.focus();
  };
  return (
    <>
      <p class="confusion-choice">
        <button type="button" aria-pressed={isShares} onClick={() => setShares(!isShares)}>
          Shares of each row
        </button>
        <span class="quiet">Choose a cell to see its samples.</span>
      </p>
      <div class="scrolls">
        <table
          class="confusion"
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its cells are walked through by arrows
          role="grid"
          aria-label="Confusion matrix"
          ref={grid}
          onKeyDown={onKeyDown}
        >
          <thead>
            <tr>
              <th scope="col">
                <span class="quiet">is ↓ said →</span>
              </th>
              {labels.map((said) => (
                <th key={said} scope="col">
                  {nameOf(names, said)}
                </th>
              ))}
              <th scope="col" class="number">
                right
              </th>
            </tr>
          </thead>
          <tbody>
            {labels.map((right) => (
              <tr key={right}>
                <th scope="row">{nameOf(names, right)}</th>
                {labels.map((said) => {
                  const cell = { right, said };
                  const isFocus = focus.right === right && focus.said === said;
                  return (
                    <ConfusionCell
                      key={said}
                      {...{ cell, confusion, names, isShares, isFocus }}
                      isChosen={
                        choice !== 'wrong' && choice.right === right && choice.said === said
                      }
                      choose={() => {
                        setFocus(cell);
                        choose(cell);
                      }}
                    />
                  );
                })}
                <Recall confusion={confusion} label={right} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface CellProps extends Pick<ConfusionTableProps, 'confusion' | 'names'> {
  readonly cell: Cell;
  readonly isShares: boolean;
  readonly isFocus: boolean;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function ConfusionCell(props: CellProps) {
  const { cell, confusion, names, isShares, isFocus, isChosen, choose } = props;
  const { right, said } = cell;
  const count = countAt(confusion, right, said);
  const total = confusion.totals[right]!;
  const share = total === 0 ? 0 : count / total;
  const kind = count === 0 ? 'none' : right === said ? 'hit' : 'miss';
  const words = `${nameOf(names, right)} said to be ${nameOf(names, said)}: ${count} of ${total}, ${formatShare(share)}`;
  // The root lets a few mistakes be seen.
  return (
    <td class={kind} style={{ '--share': Math.sqrt(share) }}>
      <button
        type="button"
        data-cell={`${right} ${said}`}
        tabIndex={isFocus ? 0 : -1}
        aria-pressed={isChosen}
        aria-label={words}
        title={words}
        onClick={choose}
      >
        {count === 0 ? '' : isShares ? Math.round(100 * share) || '<1' : count}
      </button>
    </td>
  );
}

function Recall({ confusion, label }: { readonly confusion: Confusion; readonly label: number }) {
  const recall = recallOf(confusion, label);
  if (recall === undefined) return <td class="number quiet">no samples</td>;
  return (
    <td class="number recall">
      <span class="meter" style={{ '--share': recall }} />
      {formatShare(recall)}
    </td>
  );
}

/** Where a key leads from a cell; undefined if nowhere. */
export function nextCell({ right, said }: Cell, key: string, classes: number): Cell | undefined {
  const last = classes - 1;
  const cells: Readonly<Record<string, Cell>> = {
    ArrowUp: { right: Math.max(0, right - 1), said },
    ArrowDown: { right: Math.min(last, right + 1), said },
    ArrowLeft: { right, said: Math.max(0, said - 1) },
    ArrowRight: { right, said: Math.min(last, said + 1) },
    Home: { right, said: 0 },
    End: { right, said: last },
    PageUp: { right: 0, said },
    PageDown: { right: last, said },
  };
  return cells[key];
}
