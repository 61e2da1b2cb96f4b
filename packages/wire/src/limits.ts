// What a peer may make this side read, keep or wait for, each limit with its reason.
// Invariant: every limit is checked before the memory it bounds is taken. They bound what is possible at all; a link
// is given tighter ones once a run is known (its largest frame, say).

/** Both sides must speak the same one; it changes with any change of a message, frame, limit or handshake. */
export const PROTOCOL_VERSION = 6;

/** A connection that proved nothing gets this many bytes in all. The handshake needs 136; a refusal fits too. */
export const PRE_AUTH_BYTES = 65_536;

/** And this long. Two round trips over the slowest links take under a second; more only feeds idle sockets. */
export const HANDSHAKE_MS = 5_000;

/** The largest control message: `run` with a graph of some 10,000 nodes as JSON, twice over. */
export const MAX_CONTROL_BYTES = 16 * 1024 * 1024;

/** The largest one from a worker: `reached` with the sums of its evaluation chunks, and what stands around them. */
export const MAX_WORKER_CONTROL_BYTES = 4 * 1024 * 1024 + 4_096;

/** A run's configuration, in characters; in the worst case four bytes each still fit a control message. */
export const MAX_CONFIG_CHARACTERS = 4 * 1024 * 1024 - 16_384;

/**
 * Chunk sums in `reached`: with loss and accuracy 16 bytes a chunk, which is 33 million samples at 128 a chunk; with a
 * confusion matrix of 100 classes, 13,000.
 */
export const MAX_CHUNK_SUM_BYTES = 4 * 1024 * 1024;

/** A piece of a state or dataset: large enough that a round trip costs little, small enough that pings get past it. */
export const MAX_PIECE_BYTES = 1024 * 1024;

/**
 * What may be queued for a side that does not read, besides the sums of a generation: two pieces of a state or dataset,
 * and as much of messages again.
 */
export const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/** A frame of partials or sums. Kernels address 4 GiB for parameters, gradients and optimizer: a quarter each. */
export const MAX_FRAME_BYTES = 1024 * 1024 * 1024;

/** A state, for the same 4 GiB. */
export const MAX_STATE_BYTES = 4 * 1024 * 1024 * 1024;

/** An array of a dataset. What is in memory must fit there, which the receiver knows; this keeps sums exact. */
export const MAX_ARRAY_BYTES = 2 ** 40;

/** Datasets of a run: one that is learnt from, and those that are evaluated. Each is a row of every report. */
export const MAX_DATASETS = 16;

/** Members of a generation. A mesh of so many has half a million links, and a run at most a few hundred shards. */
export const MAX_MEMBERS = 1_024;

/** Threads of a worker, for the sake of arithmetic on them; the largest machines have 1,024. */
export const MAX_THREADS = 4_096;

/** Heartbeat timeout: an hour. Timers of Node overflow at 24 days, and nobody waits that long. */
export const MAX_HEARTBEAT_MS = 3_600_000;

/** Characters of a name: what fits in a line of the progress display. */
export const MAX_NAME_CHARACTERS = 64;

/** Characters of a reason or message for people: a few lines of a terminal. */
export const MAX_TEXT_CHARACTERS = 1_000;

/** Characters of a URL: a DNS name is at most 253. */
export const MAX_URL_CHARACTERS = 300;

/** Axes of a sample; those of an image batch are three. */
export const MAX_AXES = 8;

/** Containers within each other, in a control message: run > datasets > one of them > inputs is four. */
export const MAX_DEPTH = 4;

/** Values in a control message, keys included. A generation of MAX_MEMBERS has 10 a member and 19 of its own. */
export const MAX_VALUES = 16_384;

/** Entries of one map: a dataset has the most, nine. More than fifteen would need another token as well. */
export const MAX_ENTRIES = 15;

/** Bytes of a map's key: the longest is `heartbeatTimeoutMs`, 18. */
export const MAX_KEY_BYTES = 24;

/** The coordinator, where a rank is written. */
export const COORDINATOR_RANK = 0xffff;
