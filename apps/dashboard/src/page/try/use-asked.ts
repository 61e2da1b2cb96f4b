// What the network says of what is in front of it. Questions come faster than answers while somebody draws: the newest is
// asked as soon as the one before is answered, and those between them are left out. A newer model is asked the last one again.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Asked, Brain } from '../brain/brain.js';
import type { LoadedModel } from '../brain/use-brain.js';

type Ask = { [M in 'askPicture' | 'askRow' | 'askSample']: readonly [M, ...Parameters<Brain[M]>] };
export type Question = Ask[keyof Ask];

/** Milliseconds from one answer to the next question. */
const BETWEEN_MS = 50;

export interface Asking {
  /** What was said last; undefined while nothing was asked. */
  readonly asked: Asked | undefined;
  readonly failure: string | undefined;
  readonly ask: (question: Question | undefined) => void;
}

export function useAsked(model: LoadedModel | undefined): Asking {
  const [asked, setAsked] = useState<Asked>();
  const [failure, setFailure] = useState<string>();
  const last = useRef<Question | undefined>(undefined);
  const isBusy = useRef(false);
  const goOn = async (): Promise<void> => {
    if (isBusy.current || !model) return;
    isBusy.current = true;
    let answered: Question | undefined;
    while (last.current && last.current !== answered) {
      answered = last.current;
      try {
        // The method and its arguments belong together: `Question` says so.
        const [method, argument] = answered as readonly ['askSample', number];
        const found = await model.brain.ask(method, argument);
        if (last.current) setAsked(found);
        setFailure(undefined);
      } catch (error) {
        setFailure((error as Error).message);
      }
      // What is said is drawn, and so is what is drawn by hand: both need their time.
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
    isBusy.current = false;
  };
  const ask = (question: Question | undefined): void => {
    last.current = question;
    if (question === undefined) setAsked(undefined);
    else void goOn();
  };
  useEffect(() => void goOn(), [model]);
  return { asked, failure, ask };
}
