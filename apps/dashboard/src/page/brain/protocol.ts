// What the page and its brain say to each other: a call with a number, and a reply with the same one.
import type { Brain } from './brain.js';

export type Method = keyof Brain;

export interface Call {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: { readonly code: string; readonly message: string } };
