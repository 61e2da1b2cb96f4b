// One message of each kind with the bytes that it is on the wire, written out: whoever changes the format changes
// these, and PROTOCOL_VERSION. Tests of truncation and mutation start from them.
import type { FrameHeader, FrameScope } from './frame.js';
import type { Sender } from './message-schemas.js';
import type { ControlMessage } from './messages.js';

export const DIGEST = '00112233445566778899aabbccddeeff'.repeat(2);
export const RUN = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

interface Sample {
  readonly from: Sender;
  readonly message: ControlMessage;
  readonly hex: string;
}

/** One of each type: the compiler wants every key. */
export const CONTROL_SAMPLES: { readonly [T in ControlMessage['type']]: Sample } = {
  join: {
    from: 'worker',
    message: {
      type: 'join',
      name: 'w0 – büro',
      threads: 4,
      url: 'ws://10.0.0.7:7071/',
      held: { step: 900, digest: DIGEST },
    },
    hex:
      '012973288d85a474797065a46a6f696ea46e616d65ac773020e280932062c3bc726fa77468726561647304a3' +
      '75726cb377733a2f2f31302e302e302e373a373037312fa468656c6482a473746570cd0384a6646967657374' +
      'd940303031313232333334343535363637373838393961616262636364646565666630303131323233333434' +
      '35353636373738383939616162626363646465656666',
  },
  paused: {
    from: 'worker',
    message: { type: 'paused', generation: 7, held: null },
    hex: '014e3b46a583a474797065a6706175736564aa67656e65726174696f6e07a468656c64c0',
  },
  prepared: {
    from: 'worker',
    message: { type: 'prepared', generation: 300, held: { step: 70_000, digest: DIGEST } },
    hex:
      '017022505483a474797065a87072657061726564aa67656e65726174696f6ecd012ca468656c6482a4737465' +
      '70ce00011170a6646967657374d9403030313132323333343435353636373738383939616162626363646465' +
      '6566663030313132323333343435353636373738383939616162626363646465656666',
  },
  'caught-up': {
    from: 'worker',
    message: { type: 'caught-up', generation: 7, step: 70_000, digest: DIGEST },
    hex:
      '01a65267b084a474797065a96361756768742d7570aa67656e65726174696f6e07a473746570ce00011170a6' +
      '646967657374d940303031313232333334343535363637373838393961616262636364646565666630303131' +
      '32323333343435353636373738383939616162626363646465656666',
  },
  'link-lost': {
    from: 'worker',
    message: { type: 'link-lost', generation: 7, rank: 2, reason: 'silent for 5.2 s' },
    hex:
      '01b793688484a474797065a96c696e6b2d6c6f7374aa67656e65726174696f6e07a472616e6b02a672656173' +
      '6f6eb073696c656e7420666f7220352e322073',
  },
  progress: {
    from: 'worker',
    message: {
      type: 'progress',
      generation: 7,
      step: 2 ** 40,
      computeMs: 1.25,
      sendMs: 0,
      waitMs: 3,
      loss: -0.1,
    },
    hex:
      '013945462b87a474797065a870726f6772657373aa67656e65726174696f6e07a473746570cb427000000000' +
      '0000a9636f6d707574654d73cb3ff4000000000000a673656e644d7300a6776169744d7303a46c6f7373cbbf' +
      'b999999999999a',
  },
  reached: {
    from: 'worker',
    message: {
      type: 'reached',
      generation: 7,
      step: 938,
      digest: DIGEST,
      weightsHash: DIGEST,
      epochLoss: 271.828,
      chunkSums: Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i),
    },
    hex:
      '01df7c7c6b87a474797065a772656163686564aa67656e65726174696f6e07a473746570cd03aaa664696765' +
      '7374d94030303131323233333434353536363737383839396161626263636464656566663030313132323333' +
      '343435353636373738383939616162626363646465656666ab7765696768747348617368d940303031313232' +
      '3333343435353636373738383939616162626363646465656666303031313232333334343535363637373838' +
      '3939616162626363646465656666a965706f63684c6f7373cb4070fd3f7ced9168a96368756e6b53756d73c4' +
      '10f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
  },
  digest: {
    from: 'worker',
    message: { type: 'digest', generation: 7, step: 100, digest: DIGEST },
    hex:
      '01bc89f09484a474797065a6646967657374aa67656e65726174696f6e07a47374657064a6646967657374d9' +
      '4030303131323233333434353536363737383839396161626263636464656566663030313132323333343435' +
      '353636373738383939616162626363646465656666',
  },
  failed: {
    from: 'worker',
    message: { type: 'failed', generation: 7, step: 5, code: 'non-finite', message: 'loss is NaN' },
    hex:
      '01c99e5ecb85a474797065a66661696c6564aa67656e65726174696f6e07a47374657005a4636f6465aa6e6f' +
      '6e2d66696e697465a76d657373616765ab6c6f7373206973204e614e',
  },
  leave: {
    from: 'worker',
    message: { type: 'leave', reason: 'stopped by its user' },
    hex: '01568985de82a474797065a56c65617665a6726561736f6eb373746f70706564206279206974732075736572',
  },
  fetch: {
    from: 'worker',
    message: { type: 'fetch', sha256: DIGEST, offset: 1_048_576, length: 65_536 },
    hex:
      '0155c391a384a474797065a56665746368a6736861323536d940303031313232333334343535363637373838' +
      '3939616162626363646465656666303031313232333334343535363637373838393961616262636364646565' +
      '6666a66f6666736574ce00100000a66c656e677468ce00010000',
  },
  'fetch-state': {
    from: 'worker',
    message: { type: 'fetch-state', generation: 8, step: 900, offset: 1_048_576, length: 264_056 },
    hex:
      '013b9fffb885a474797065ab66657463682d7374617465aa67656e65726174696f6e08a473746570cd0384a6' +
      '6f6666736574ce00100000a66c656e677468ce00040778',
  },
  'audit-report': {
    from: 'worker',
    message: {
      type: 'audit-report',
      generation: 7,
      step: 5,
      own: DIGEST,
      other: 'ff'.repeat(32),
    },
    hex:
      '011aedc5ea85a474797065ac61756469742d7265706f7274aa67656e65726174696f6e07a47374657005a36f' +
      '776ed94030303131323233333434353536363737383839396161626263636464656566663030313132323333' +
      '343435353636373738383939616162626363646465656666a56f74686572d940666666666666666666666666' +
      '6666666666666666666666666666666666666666666666666666666666666666666666666666666666666666' +
      '6666666666666666',
  },
  'audit-vote': {
    from: 'worker',
    message: { type: 'audit-vote', generation: 7, step: 70_000, digest: DIGEST },
    hex:
      '010ea61eaa84a474797065aa61756469742d766f7465aa67656e65726174696f6e07a473746570ce00011170' +
      'a6646967657374d9403030313132323333343435353636373738383939616162626363646465656666303031' +
      '3132323333343435353636373738383939616162626363646465656666',
  },
  run: {
    from: 'coordinator',
    message: {
      type: 'run',
      run: RUN,
      name: 'mnist-mlp',
      config: '{"seed":0}',
      datasets: [
        {
          as: 'train',
          name: 'mnist',
          samples: 6,
          inputShape: [2, 2],
          inputDivisor: 255,
          vocabulary: null,
          targetShape: [],
          classes: 10,
          inputs: { sha256: DIGEST, bytes: 24, type: 'uint8' },
          targets: { sha256: DIGEST, bytes: 24, type: 'int32' },
        },
      ],
      digestEvery: 100,
      heartbeatTimeoutMs: 5000,
      audit: { share: 0.25, seed: 7 },
    },
    hex:
      '01a002311b88a474797065a372756ea372756ed9203066316532643363346235613639373838373936613562' +
      '346333643265316630a46e616d65a96d6e6973742d6d6c70a6636f6e666967aa7b2273656564223a307da864' +
      '61746173657473918aa26173a5747261696ea46e616d65a56d6e697374a773616d706c657306aa696e707574' +
      '5368617065920202ac696e70757444697669736f72ccffaa766f636162756c617279c0ab7461726765745368' +
      '61706590a7636c61737365730aa6696e7075747383a6736861323536d9403030313132323333343435353636' +
      '3737383839396161626263636464656566663030313132323333343435353636373738383939616162626363' +
      '646465656666a5627974657318a474797065a575696e7438a77461726765747383a6736861323536d9403030' +
      '3131323233333434353536363737383839396161626263636464656566663030313132323333343435353636' +
      '373738383939616162626363646465656666a5627974657318a474797065a5696e743332ab64696765737445' +
      '7665727964b268656172746265617454696d656f75744d73cd1388a5617564697482a57368617265cb3fd000' +
      '0000000000a47365656407',
  },
  pause: {
    from: 'coordinator',
    message: { type: 'pause', generation: 8 },
    hex: '015d8bcc4182a474797065a57061757365aa67656e65726174696f6e08',
  },
  'send-state': {
    from: 'coordinator',
    message: { type: 'send-state', generation: 8, step: 900, offset: 1_048_576, length: 264_056 },
    hex:
      '016bf1981185a474797065aa73656e642d7374617465aa67656e65726174696f6e08a473746570cd0384a66f' +
      '6666736574ce00100000a66c656e677468ce00040778',
  },
  'take-state': {
    from: 'coordinator',
    message: { type: 'take-state', generation: 8, step: 900, digest: DIGEST, bytes: 1_312_632 },
    hex:
      '0140dc367285a474797065aa74616b652d7374617465aa67656e65726174696f6e08a473746570cd0384a664' +
      '6967657374d94030303131323233333434353536363737383839396161626263636464656566663030313132' +
      '323333343435353636373738383939616162626363646465656666a56279746573ce00140778',
  },
  generation: {
    from: 'coordinator',
    message: {
      type: 'generation',
      generation: 8,
      step: 900,
      digest: DIGEST,
      rank: 1,
      topology: 'mesh',
      members: [
        { name: 'a', url: 'ws://a:1/', first: 0, end: 3 },
        { name: 'b', url: 'wss://b:2/', first: 3, end: 4 },
        { name: 'c', url: 'ws://c:3/', first: 4, end: 4 },
      ],
      behind: [2],
      key: Uint8Array.from({ length: 32 }, (_, i) => i),
    },
    hex:
      '018e432bbe89a474797065aa67656e65726174696f6eaa67656e65726174696f6e08a473746570cd0384a664' +
      '6967657374d94030303131323233333434353536363737383839396161626263636464656566663030313132' +
      '323333343435353636373738383939616162626363646465656666a472616e6b01a8746f706f6c6f6779a46d' +
      '657368a76d656d626572739384a46e616d65a161a375726ca977733a2f2f613a312fa5666972737400a3656e' +
      '640384a46e616d65a162a375726caa7773733a2f2f623a322fa5666972737403a3656e640484a46e616d65a1' +
      '63a375726ca977733a2f2f633a332fa5666972737404a3656e6404a6626568696e649102a36b6579c4200001' +
      '02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  },
  advance: {
    from: 'coordinator',
    message: { type: 'advance', generation: 8, until: 938, firstChunk: 0, endChunk: 20 },
    hex:
      '016a7339ad85a474797065a7616476616e6365aa67656e65726174696f6e08a5756e74696ccd03aaaa666972' +
      '73744368756e6b00a8656e644368756e6b14',
  },
  'audit-passed': {
    from: 'coordinator',
    message: { type: 'audit-passed', generation: 8, step: 900 },
    hex: '013faadc2a83a474797065ac61756469742d706173736564aa67656e65726174696f6e08a473746570cd0384',
  },
  'audit-range': {
    from: 'coordinator',
    message: { type: 'audit-range', generation: 8, step: 900, first: 3, end: 300 },
    hex:
      '012e1d5c5f85a474797065ab61756469742d72616e6765aa67656e65726174696f6e08a473746570cd0384a5' +
      '666972737403a3656e64cd012c',
  },
  finish: {
    from: 'coordinator',
    message: { type: 'finish', step: 4690, weightsHash: DIGEST },
    hex:
      '015a64cc9883a474797065a666696e697368a473746570cd1252ab7765696768747348617368d94030303131' +
      '3232333334343535363637373838393961616262636364646565666630303131323233333434353536363737' +
      '38383939616162626363646465656666',
  },
  refused: {
    from: 'coordinator',
    message: { type: 'refused', code: 'no-url', message: 'a mesh needs --listen' },
    hex:
      '01aac45fab83a474797065a772656675736564a4636f6465a66e6f2d75726ca76d657373616765b561206d65' +
      '7368206e65656473202d2d6c697374656e',
  },
};

export const SCOPE: FrameScope = { run: RUN, incarnation: 3 };

interface FrameSample {
  readonly header: FrameHeader;
  readonly checksum: number;
  readonly hex: string;
}

export const FRAME_SAMPLES: readonly FrameSample[] = [
  {
    header: { kind: 'partial', generation: 7, step: 120, rank: 2, offset: 4096, bytes: 8192 },
    checksum: 0xdeadbeef,
    hex:
      '020102000f1e2d3c4b5a69788796a5b4c3d2e1f00300000007000000efbeadde780000000000000000100000' +
      '000000000020000000000000000000003c7c36b6',
  },
  {
    header: { kind: 'sum', generation: 7, step: 120, rank: 0xffff, offset: 0, bytes: 437_544 },
    checksum: 1,
    hex:
      '0202ffff0f1e2d3c4b5a69788796a5b4c3d2e1f0030000000700000001000000780000000000000000000000' +
      '0000000028ad06000000000000000000efdde40e',
  },
  {
    header: {
      kind: 'state',
      generation: 2 ** 32 - 1,
      step: 2 ** 40 + 1,
      rank: 0,
      offset: 0,
      bytes: 0,
    },
    checksum: 0,
    hex:
      '020300000f1e2d3c4b5a69788796a5b4c3d2e1f003000000ffffffff00000000010000000001000000000000' +
      '00000000000000000000000000000000eba5a925',
  },
  {
    header: {
      kind: 'dataset',
      generation: 0,
      step: 0,
      rank: 0xffff,
      offset: 2 ** 33,
      bytes: 1_048_576,
    },
    checksum: 0xffffffff,
    hex:
      '0204ffff0f1e2d3c4b5a69788796a5b4c3d2e1f00300000000000000ffffffff000000000000000000000000' +
      '020000000000100000000000000000004418562d',
  },
];

export function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
