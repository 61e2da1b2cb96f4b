// Text of any origin as it may stand in a message.
import { MAX_TEXT_CHARACTERS, printable } from '@lockstep/wire';

export function sayable(text: string): string {
  return printable(text, MAX_TEXT_CHARACTERS);
}
