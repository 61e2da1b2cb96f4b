// A form for a row of a table, which is asked about as it changes; or one field for all numbers, where they have no names.
import { useEffect, useId, useState } from 'preact/hooks';
import type { HeldSamples } from '../brain/samples.js';
import type { ModelView } from '../brain/view.js';
import { shortest } from '../drawing/row-values.js';
import { type Field, type FormRow, readNumbers } from './form-fields.js';
import type { Asking } from './use-asked.js';

interface RowFormProps {
  readonly fields: readonly Field[];
  /** What is in them, which a sample may have filled. */
  readonly row: FormRow;
  readonly setRow: (row: FormRow) => void;
  readonly ask: Asking['ask'];
}

export function RowForm({ fields, row, setRow, ask }: RowFormProps) {
  const id = useId();
  useEffect(() => ask(['askRow', row]), []);
  const change = (column: string, value: string): void => {
    const next = { ...row, [column]: value };
    setRow(next);
    ask(['askRow', next]);
  };
  return (
    <form class="card row-form" onSubmit={(event) => event.preventDefault()}>
      <header>
        <h2>A row</h2>
      </header>
      {fields.map((field) => (
        <div key={field.column} class="field">
          <label htmlFor={`${id} ${field.column}`}>{field.column}</label>
          <FieldInput
            id={`${id} ${field.column}`}
            field={field}
            value={row[field.column] ?? ''}
            change={change}
          />
        </div>
      ))}
    </form>
  );
}

interface FieldInputProps {
  readonly id: string;
  readonly field: Field;
  readonly value: string;
  readonly change: (column: string, value: string) => void;
}

function FieldInput({ id, field, value, change }: FieldInputProps) {
  const { column } = field;
  switch (field.kind) {
    case 'number':
      return (
        <input
          id={id}
          type="number"
          step="any"
          value={value}
          onInput={(event) => change(column, event.currentTarget.value)}
        />
      );
    case 'choice':
      return (
        <select
          id={id}
          value={value}
          onChange={(event) => change(column, event.currentTarget.value)}
        >
          {!field.choices.includes(value) && <option value={value}>{value}</option>}
          {field.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      );
    case 'text':
      return (
        <textarea
          id={id}
          rows={4}
          value={value}
          onInput={(event) => change(column, event.currentTarget.value)}
        />
      );
  }
}

interface NumbersFormProps {
  readonly view: ModelView;
  readonly samples: HeldSamples | undefined;
  readonly ask: Asking['ask'];
}

export function NumbersForm({ view, samples, ask }: NumbersFormProps) {
  const { inputShape, inputParts } = view.traits;
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string>();
  const size = inputShape.reduce((all, length) => all * length, 1);
  if (inputParts) {
    return (
      <p class="note">
        The model takes several inputs ({inputParts.map(({ name }) => name).join(', ')}): choose one
        of the samples.
      </p>
    );
  }
  const change = (given: string): void => {
    setText(given);
    const numbers = readNumbers(given);
    const isWhole = typeof numbers !== 'string' && numbers.length === size;
    setFault(
      typeof numbers === 'string'
        ? numbers
        : isWhole
          ? undefined
          : `${numbers.length} of ${size} numbers`,
    );
    ask(isWhole ? ['askRow', numbers] : undefined);
  };
  const first = samples?.inputs.subarray(0, size);
  return (
    <form class="card row-form" onSubmit={(event) => event.preventDefault()}>
      <header>
        <h2>{size === 1 ? 'A number' : `${size} numbers`}</h2>
      </header>
      <label>
        <span>As the training data has them, apart by commas or blanks</span>
        <textarea rows={6} value={text} onInput={(event) => change(event.currentTarget.value)} />
      </label>
      {fault !== undefined && <p class="quiet">{fault}</p>}
      {first && (
        <button type="button" onClick={() => change(Array.from(first, shortest).join(', '))}>
          Fill in the first sample
        </button>
      )}
    </form>
  );
}
