// Types of pages.mjs, for the test of it.
export declare const PAGES: string;
export declare const REPOSITORY: string;
export declare function pageOf(document: string): string | undefined;
export declare function leadingTo(document: string, link: string): string;
export declare function pageText(document: string, text: string): string;
