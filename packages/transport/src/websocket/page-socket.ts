// A browser's WebSocket, as far as the transport of a page needs it. The browser's own has it, and one that another thread holds.

export interface PageSocket {
  readonly url: string;
  /** As the standard's: 0 connecting, 1 open, then closing and closed. */
  readonly readyState: number;
  /** Bytes that were handed over and have not left. */
  readonly bufferedAmount: number;
  binaryType: 'arraybuffer' | 'blob';
  onopen: (() => void) | null;
  /** Bytes as an ArrayBuffer, or text. */
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: (() => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export const OPEN = 1;

/** Opens a browser's WebSocket, or what has its interface. */
export type OpenSocket = (url: string, protocol: string) => PageSocket;

/** Its handlers take more than is needed here, which is all that differs. */
export const openSocket: OpenSocket = (url, protocol) =>
  new WebSocket(url, protocol) as unknown as PageSocket;
