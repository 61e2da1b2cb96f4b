// Buttons that ask the server for something: what cannot be taken back is asked about first, and what came of it is said.
import { useRef, useState } from 'preact/hooks';
import type { Action, Source } from '../../contract.js';

interface ActButtonProps {
  readonly source: Source;
  readonly run: string;
  readonly action: Action;
  readonly children: string;
  /** What it would mean; without it nobody is asked. */
  readonly warning?: string;
  /** On the button that does it. */
  readonly confirm?: string;
  /** What is said when the server has done it. */
  readonly done?: string;
  /** In place of the button's text, for those who are read to. */
  readonly label?: string;
  /** While nobody is there to do it. */
  readonly disabled: boolean;
}

type Outcome = 'asked' | 'done' | { readonly refused: string };

export function ActButton(props: ActButtonProps) {
  const { source, run, action, children, warning, confirm, label, done = 'asked for' } = props;
  const { disabled } = props;
  const [outcome, setOutcome] = useState<Outcome>();
  const dialog = useRef<HTMLDialogElement>(null);
  const act = async (): Promise<void> => {
    dialog.current?.close();
    setOutcome('asked');
    try {
      await source.act(run, action);
      setOutcome('done');
    } catch (error) {
      setOutcome({ refused: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <span class="act">
      <button
        type="button"
        class={warning === undefined ? '' : 'danger'}
        aria-label={label}
        disabled={disabled || outcome === 'asked'}
        onClick={() => (warning === undefined ? act() : dialog.current?.showModal())}
      >
        {children}
      </button>
      <span role="status" class={typeof outcome === 'object' ? 'act-refused' : 'quiet'}>
        {typeof outcome === 'object' && outcome.refused}
        {outcome === 'asked' && '…'}
        {outcome === 'done' && done}
      </span>
      {warning !== undefined && (
        <dialog ref={dialog} aria-label={label ?? children}>
          <p>{warning}</p>
          <form method="dialog">
            <button type="submit">Keep going</button>
            <button type="button" class="danger" disabled={disabled} onClick={act}>
              {confirm}
            </button>
          </form>
        </dialog>
      )}
    </span>
  );
}
