// Types of anchors.mjs, for the test of it.
export declare function slugOf(heading: string): string;
export declare function withPlaces(pages: ReadonlyMap<string, string>): Map<string, string>;
export declare function deadAnchors(folder: string, base: string): string[];
