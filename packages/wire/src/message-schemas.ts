// What each control message must look like: one entry a type, checked by the compiler against messages.ts, so that a
// field without a check, or a check without a field, does not build.
// Invariant: every message from the network, and every one sent, goes through here. Whether it fits the moment
// (the generation, the state of the run) is not decided here.
import * as limits from './limits.js';
import type {
  ArrayDescription,
  AuditPlan,
  ControlMessage,
  CoordinatorMessage,
  DatasetDescription,
  GenerationMessage,
  HeldState,
  MemberDescription,
  WorkerMessage,
} from './messages.js';
import * as is from './schema.js';
import { WireError } from './wire-error.js';

const U32 = 2 ** 32 - 1;
const generation = is.integer(0, U32);
const step = is.integer(0, Number.MAX_SAFE_INTEGER);
const shard = is.integer(0, U32);
const rank = is.integer(0, limits.MAX_MEMBERS - 1);
const sha256 = is.hex(64);
const name = is.name(limits.MAX_NAME_CHARACTERS);
const url = is.orNull(is.address);

const stateBytes = is.integer(0, limits.MAX_STATE_BYTES);
const length = is.integer(1, limits.MAX_PIECE_BYTES);

const held = is.record<HeldState>({ step, digest: sha256 });

const ELEMENT_BYTES = { uint8: 1, int32: 4, float32: 4 } as const;

const array = is.record<ArrayDescription>({
  sha256,
  bytes: is.integer(0, limits.MAX_ARRAY_BYTES),
  type: is.literal('uint8', 'int32', 'float32'),
});

/** As core has it: tokens are int32. */
const MAX_VOCABULARY = 0x7fff_ffff;

const shape = is.list(is.integer(1, U32), 0, limits.MAX_AXES);

function checkArraySize(dataset: DatasetDescription, of: 'inputs' | 'targets', at: string): void {
  const described = dataset[of];
  const axes = of === 'inputs' ? dataset.inputShape : dataset.targetShape;
  const expected = axes.reduce((a, b) => a * b, dataset.samples * ELEMENT_BYTES[described.type]);
  if (described.bytes !== expected) {
    throw new WireError(
      `${at}.${of}: ${dataset.samples} samples of [${axes.join(', ')}] ${described.type} are ${expected} bytes, got ${described.bytes}`,
    );
  }
}

const dataset = is.record<DatasetDescription>(
  {
    as: is.datasetName,
    name,
    samples: is.integer(0, U32),
    inputShape: shape,
    inputDivisor: is.positive,
    vocabulary: is.orNull(is.integer(1, MAX_VOCABULARY)),
    targetShape: shape,
    classes: is.orNull(is.integer(1, U32)),
    inputs: array,
    targets: array,
  },
  (value, at) => {
    checkArraySize(value, 'inputs', at);
    checkArraySize(value, 'targets', at);
  },
);

const audit = is.record<AuditPlan>({ share: is.positive, seed: step }, ({ share }, at) => {
  if (share > 1) throw new WireError(`${at}.share: expected at most 1, got ${share}`);
});

const member = is.record<MemberDescription>({ name, url, first: shard, end: shard });

function checkGeneration(message: GenerationMessage, at: string): void {
  const { members, topology } = message;
  if (message.rank >= members.length) {
    throw new WireError(`${at}: rank ${message.rank} of ${members.length} members`);
  }
  if (topology === 'alone' && members.length !== 1) {
    throw new WireError(`${at}: topology alone with ${members.length} members`);
  }
  let end = 0;
  for (const [i, one] of members.entries()) {
    if (topology === 'mesh' && one.url === null) {
      throw new WireError(`${at}: a mesh whose member ${i} has no url`);
    }
    if (one.first === one.end) continue;
    if (one.first !== end || one.end < one.first) {
      throw new WireError(
        `${at}: member ${i} has shards [${one.first}, ${one.end}), expected them to begin at ${end}`,
      );
    }
    end = one.end;
  }
  checkBehind(message, at);
}

function checkBehind({ members, behind }: GenerationMessage, at: string): void {
  for (const [i, one] of behind.entries()) {
    const before = behind[i - 1] ?? -1;
    const isRank = one > before && one < members.length;
    if (!isRank || members[one]!.first !== members[one]!.end) {
      throw new WireError(
        `${at}.behind: rank ${one} after ${before}, expected growing ranks without shards of ${members.length} members`,
      );
    }
  }
  if (behind.length === members.length) throw new WireError(`${at}.behind: all ranks`);
}

function type<T extends string>(of: T): is.Check<T> {
  return is.literal(of);
}

type Schemas<M extends ControlMessage> = {
  readonly [T in M['type']]: is.Check<Extract<M, { type: T }>>;
};

const WORKER: Schemas<WorkerMessage> = {
  join: is.record({
    type: type('join'),
    name,
    threads: is.integer(1, limits.MAX_THREADS),
    url,
    held: is.orNull(held),
  }),
  paused: is.record({ type: type('paused'), generation, held: is.orNull(held) }),
  prepared: is.record({ type: type('prepared'), generation, held: is.orNull(held) }),
  'caught-up': is.record({ type: type('caught-up'), generation, step, digest: sha256 }),
  'link-lost': is.record({ type: type('link-lost'), generation, rank, reason: is.text }),
  progress: is.record({
    type: type('progress'),
    generation,
    step,
    computeMs: is.finite(0),
    sendMs: is.finite(0),
    waitMs: is.finite(0),
    loss: is.finite(),
  }),
  reached: is.record({
    type: type('reached'),
    generation,
    step,
    digest: sha256,
    weightsHash: sha256,
    epochLoss: is.finite(),
    chunkSums: is.bytes(0, limits.MAX_CHUNK_SUM_BYTES, 16),
  }),
  digest: is.record({ type: type('digest'), generation, step, digest: sha256 }),
  failed: is.record({ type: type('failed'), generation, step, code: is.code, message: is.text }),
  leave: is.record({ type: type('leave'), reason: is.text }),
  fetch: is.record({
    type: type('fetch'),
    sha256,
    offset: is.integer(0, limits.MAX_ARRAY_BYTES),
    length,
  }),
  'fetch-state': is.record({
    type: type('fetch-state'),
    generation,
    step,
    offset: stateBytes,
    length,
  }),
  'audit-report': is.record({
    type: type('audit-report'),
    generation,
    step,
    own: sha256,
    other: sha256,
  }),
  'audit-vote': is.record({ type: type('audit-vote'), generation, step, digest: sha256 }),
};

const COORDINATOR: Schemas<CoordinatorMessage> = {
  run: is.record(
    {
      type: type('run'),
      run: is.hex(32),
      name,
      config: is.document(limits.MAX_CONFIG_CHARACTERS),
      datasets: is.list(dataset, 1, limits.MAX_DATASETS),
      digestEvery: is.integer(1, Number.MAX_SAFE_INTEGER),
      heartbeatTimeoutMs: is.integer(1, limits.MAX_HEARTBEAT_MS),
      audit: is.orNull(audit),
    },
    ({ datasets }, at) => {
      const names = datasets.map(({ as }) => as);
      if (names[0] !== 'train' || new Set(names).size < names.length) {
        throw new WireError(
          `${at}.datasets: ${names.join(', ')}; expected train, and others after it`,
        );
      }
    },
  ),
  pause: is.record({ type: type('pause'), generation }),
  'send-state': is.record({
    type: type('send-state'),
    generation,
    step,
    offset: stateBytes,
    length,
  }),
  'take-state': is.record({
    type: type('take-state'),
    generation,
    step,
    digest: sha256,
    bytes: stateBytes,
  }),
  generation: is.record(
    {
      type: type('generation'),
      generation,
      step,
      digest: sha256,
      rank,
      topology: is.literal('alone', 'star', 'mesh'),
      members: is.list(member, 1, limits.MAX_MEMBERS),
      behind: is.list(rank, 0, limits.MAX_MEMBERS - 1),
      key: is.bytes(32, 32),
    },
    checkGeneration,
  ),
  advance: is.record(
    { type: type('advance'), generation, until: step, firstChunk: shard, endChunk: shard },
    (message, at) => {
      if (message.endChunk < message.firstChunk) {
        throw new WireError(`${at}: chunks [${message.firstChunk}, ${message.endChunk})`);
      }
    },
  ),
  'audit-passed': is.record({ type: type('audit-passed'), generation, step }),
  'audit-range': is.record(
    { type: type('audit-range'), generation, step, first: shard, end: shard },
    ({ first, end }, at) => {
      if (end <= first) throw new WireError(`${at}: shards [${first}, ${end})`);
    },
  ),
  finish: is.record({ type: type('finish'), step, weightsHash: sha256 }),
  refused: is.record({ type: type('refused'), code: is.code, message: is.text }),
};

/** Who sends a message. */
export type Sender = 'worker' | 'coordinator';

/**
 * The message, field by field checked and rebuilt.
 *
 * @param from who sends it; a message that only the other side sends is refused
 * @throws WireError
 */
export function checkMessage(value: unknown, from: Sender): ControlMessage {
  const kind: unknown =
    typeof value === 'object' && value !== null && Object.hasOwn(value, 'type')
      ? (value as { type: unknown }).type
      : undefined;
  const schemas: Readonly<Record<string, is.Check<ControlMessage>>> =
    from === 'worker' ? WORKER : COORDINATOR;
  if (typeof kind === 'string' && Object.hasOwn(schemas, kind)) {
    return schemas[kind]!(value, kind);
  }
  const expected = Object.keys(schemas).join(', ');
  throw new WireError(
    `control message: a ${from} sends ${expected}; got ${typeof kind === 'string' ? `"${kind.slice(0, 24)}"` : 'no type'}`,
  );
}

/** Whether it is a worker that sends messages of this type. */
export function senderOf(message: ControlMessage): Sender {
  return Object.hasOwn(WORKER, message.type) ? 'worker' : 'coordinator';
}
