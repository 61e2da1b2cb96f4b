export { auditedRank, isAudited } from './audit.js';
export { joinBytes } from './bytes.js';
export { payloadChecksum } from './checksum.js';
export { DISMISSED } from './close-codes.js';
export { CONTROL_BYTE, decodeControl, encodeControl } from './control.js';
export {
  type DecodedFrame,
  decodeFrameHeader,
  encodeFrameHeader,
  FRAME_BYTE,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  type FrameKind,
  type FrameScope,
} from './frame.js';
export {
  ClientHandshake,
  type ClientOptions,
  type HandshakeStep,
  type Hello,
  type Identified,
  type ProvenClient,
  type Refusal,
  type Role,
  type Server,
  ServerHandshake,
  type ServerOptions,
} from './handshake.js';
export {
  COORDINATOR_RANK,
  HANDSHAKE_MS,
  MAX_CHUNK_SUM_BYTES,
  MAX_CONTROL_BYTES,
  MAX_FRAME_BYTES,
  MAX_HEARTBEAT_MS,
  MAX_MEMBERS,
  MAX_NAME_CHARACTERS,
  MAX_PIECE_BYTES,
  MAX_QUEUED_BYTES,
  MAX_STATE_BYTES,
  MAX_TEXT_CHARACTERS,
  MAX_WORKER_CONTROL_BYTES,
  PRE_AUTH_BYTES,
  PROTOCOL_VERSION,
} from './limits.js';
export type { Sender } from './message-schemas.js';
export type * from './messages.js';
export { IncomingState, OutgoingState, type StatePiece } from './state-transfer.js';
export { printable, WireError } from './wire-error.js';
