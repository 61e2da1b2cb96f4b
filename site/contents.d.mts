// Types of contents.mjs, for the test of it.
export declare const GROUPS: readonly {
  readonly text: string;
  readonly items: readonly string[];
}[];
export declare const API: Readonly<Record<string, string>>;
