export { type DialOptions, dial, urlProblem } from './dial.js';
export { LinkError, type LinkErrorCode, ListenError } from './errors.js';
export { Etcd, EtcdError } from './etcd/etcd.js';
export {
  decodeNote,
  encodeNote,
  isElectionName,
  type LeaderNote,
  leaderKey,
  leaderPlace,
  leaderUrl,
} from './etcd/leader-key.js';
export { leaderSockets } from './etcd/leader-sockets.js';
export { type ExamineOptions, examine } from './examine.js';
export type { CloseReason, Link, LinkHandlers, Remote, Traffic } from './link.js';
export { type Listener, type ListenOptions, listen } from './listen.js';
export { type MemoryPairOptions, memory, memoryPair } from './memory.js';
export { mpiSockets } from './mpi/mpi-sockets.js';
export { nextTurn } from './next-turn.js';
export { decodeReason, encodeReason } from './reason.js';
export type {
  Acceptor,
  Arrival,
  Channel,
  ChannelHandlers,
  DialSetting,
  Door,
  Finding,
  Transport,
} from './transport.js';
export { checkTransports } from './transport-list.js';
export { type UnixSocketSettings, unixSockets } from './unix/unix-sockets.js';
export { canonicalHost, hostAndPort, isLoopback, listenerNames } from './websocket/addresses.js';
export { certificateWarning } from './websocket/certificate-warning.js';
export type { DialTls } from './websocket/connect.js';
export type { ListenTls } from './websocket/door.js';
export { holdSockets, socketBehind, type Wire } from './websocket/held-socket.js';
export { type PageAddress, pageAddress, readPageAddress } from './websocket/page-address.js';
export type { PageFile, PageFiles } from './websocket/page-files.js';
export type { OpenSocket } from './websocket/page-socket.js';
export { type PageSocketSettings, pageSockets } from './websocket/page-sockets.js';
export { tlsProblem } from './websocket/tls-problem.js';
export { type WebSocketSettings, webSockets } from './websocket/web-sockets.js';
