// A text that a language model goes on with, token by token. The same model, prompt and options give the text that
// `lockstep generate` gives.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TextOptions } from '../brain/brain.js';
import type { BrainClient } from '../brain/brain-client.js';

interface TextFormProps {
  readonly brain: BrainClient;
  /** What a newer model waits for. */
  readonly going: RefObject<Promise<void>>;
}

/** Milliseconds of computing from one piece of text to the next. */
const PIECE_MS = 40;

interface Settings {
  readonly prompt: string;
  readonly length: string;
  readonly temperature: string;
  readonly topK: string;
  readonly seed: string;
}

/** As the command line has them. */
const USUAL: Settings = { prompt: '\n', length: '256', temperature: '1', topK: '', seed: '0' };

const NUMBERS = [
  ['length', 'Tokens', 'that come'],
  ['temperature', 'Temperature', 'above 1 more daring; 0 takes the most probable'],
  ['topK', 'Top k', 'one of so many of the most probable; empty: all'],
  ['seed', 'Seed', 'of what is drawn'],
] as const;

export function TextForm({ brain, going }: TextFormProps) {
  const [settings, setSettings] = useState(USUAL);
  const [text, setText] = useState('');
  const [note, setNote] = useState<string>();
  const [isWriting, setWriting] = useState(false);
  const isStopped = useRef(false);
  const change = (more: Partial<Settings>): void => setSettings({ ...settings, ...more });
  useEffect(
    () => () => {
      isStopped.current = true;
    },
    [],
  );
  const write = async (): Promise<void> => {
    isStopped.current = false;
    setWriting(true);
    setText('');
    try {
      const unknown = await brain.ask('startText', optionsOf(settings));
      setNote(unknown.length === 0 ? undefined : unknownWords(unknown));
      for (let isDone = false; !isDone && !isStopped.current; ) {
        const next = await brain.ask('nextText', PIECE_MS);
        setText((before) => before + next.text);
        isDone = next.isDone;
      }
    } catch (error) {
      setNote((error as Error).message);
    }
    setWriting(false);
  };
  return (
    <form
      class="card text-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isWriting) going.current = write();
      }}
    >
      <header>
        <h2>A text to go on with</h2>
      </header>
      <label>
        <span>Prompt</span>
        <textarea
          rows={3}
          value={settings.prompt}
          onInput={(event) => change({ prompt: event.currentTarget.value })}
        />
      </label>
      <div class="text-settings">
        {NUMBERS.map(([name, label, help]) => (
          <label key={name} title={help}>
            <span>{label}</span>
            <input
              type="number"
              min={0}
              step={name === 'temperature' ? 0.1 : 1}
              value={settings[name]}
              onInput={(event) => change({ [name]: event.currentTarget.value })}
            />
          </label>
        ))}
      </div>
      <p class="board-tools">
        <button type="submit" class="main" disabled={isWriting}>
          Write
        </button>
        <button
          type="button"
          disabled={!isWriting}
          onClick={() => {
            isStopped.current = true;
          }}
        >
          Stop
        </button>
      </p>
      {note !== undefined && <p class="note">{note}</p>}
      <pre class="written" role="log" aria-label="The text" aria-busy={isWriting}>
        <span class="quiet">{text === '' ? '' : settings.prompt}</span>
        {text}
      </pre>
      <p class="quiet">
        The same prompt, settings and model give this text on every machine, and with{' '}
        <code>lockstep generate</code>.
      </p>
    </form>
  );
}

/** What is empty is as the command line has it. */
function optionsOf({ prompt, length, temperature, topK, seed }: Settings): TextOptions {
  const numberOr = (text: string, usual: string): number => Number(text === '' ? usual : text);
  return {
    prompt,
    length: numberOr(length, USUAL.length),
    temperature: numberOr(temperature, USUAL.temperature),
    seed: numberOr(seed, USUAL.seed),
    ...(topK !== '' && { topK: Number(topK) }),
  };
}

function unknownWords(unknown: readonly string[]): string {
  const shown = unknown.map((one) => JSON.stringify(one)).join(', ');
  return `The text that the model was trained on has no ${shown}; it sees \ufffd instead.`;
}
