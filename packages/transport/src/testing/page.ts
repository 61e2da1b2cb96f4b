// A page for tests: files as a coordinator serves them, and a socket that has the interface of a browser's, in Node 20 too.
import { WebSocket as NodeWebSocket } from 'ws';
import type { PageFiles } from '../websocket/page-files.js';
import type { OpenSocket, PageSocket } from '../websocket/page-socket.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const PAGE: PageFiles = new Map([
  ['index.html', { type: 'text/html', bytes: bytesOf('<!doctype html>') }],
  ['main-1a2b.js', { type: 'text/javascript', bytes: bytesOf('run()'), gzip: bytesOf('packed') }],
]);

export const wsInPage: OpenSocket = (url, protocol) =>
  new NodeWebSocket(url, protocol) as unknown as PageSocket;
