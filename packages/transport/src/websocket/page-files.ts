// The files of a page that a listener serves beside its WebSockets: what whoever starts one hands in. Types alone; what is
// answered with them is in page-door.ts.

/** One file of a page. */
export interface PageFile {
  /** Its media type, as `text/javascript`. */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** The same, compressed, for browsers that take it so. */
  readonly gzip?: Uint8Array | undefined;
}

/** By name, without a folder. The page itself is `index.html`; all others are named by it, and never change under a name. */
export type PageFiles = ReadonlyMap<string, PageFile>;
