// What needs nothing of Node: the package as a page gets it, by the condition `browser` of its exports.
// Invariant: nothing here reaches a Node API. In Node the index gives all of it, and sockets besides.
export { type DialOptions, dial, urlProblem } from './dial.js';
export { LinkError, type LinkErrorCode, ListenError } from './errors.js';
export type { CloseReason, Link, LinkHandlers, Remote } from './link.js';
export { type Listener, type ListenOptions, listen } from './listen.js';
export { nextTurn } from './next-turn.js';
export type { Transport } from './transport.js';
export { holdSockets, socketBehind, type Wire } from './websocket/held-socket.js';
export { readPageAddress } from './websocket/page-address.js';
export type { OpenSocket } from './websocket/page-socket.js';
export { type PageSocketSettings, pageSockets } from './websocket/page-sockets.js';
