// Every public function that takes options refuses names that it does not know, and what is no object of options.
// Every function that a package's index exports stands in one of the two tables: a new one that is in none fails here.
import * as coordinator from '@lockstep/coordinator';
import * as core from '@lockstep/core';
import * as data from '@lockstep/data';
import { LockstepError } from '@lockstep/errors';
import * as formats from '@lockstep/formats';
import * as trainer from '@lockstep/trainer';
import * as transport from '@lockstep/transport';
import * as worker from '@lockstep/worker';
import { describe, expect, it } from 'vitest';

type Call = (options: never) => unknown;

/** A tensor to call with, from a network that is being traced. */
function withTensor(call: (x: core.Tensor) => unknown): unknown {
  return core.traceModel(
    (x) => {
      call(x);
      return x;
    },
    [2],
  );
}

const TABLE = data.tableOf({ a: [0, 1], b: [1, 0] });

/** A model that has learnt nothing. */
const GRAPH = core.traceModel(core.linear(1, 1), [1]);
const TRAINED = new core.TrainedModel({
  graph: GRAPH,
  parameters: core.initialParameters(GRAPH, 0),
  traits: { inputShape: [1], inputDivisor: 1, targetShape: [1], classes: undefined },
});

const SET = data.fromArrays({ inputs: [[0], [1]], targets: [0, 1] });

/** How each is called with the options under test. */
const WITH_OPTIONS: Readonly<Record<string, Readonly<Record<string, Call>>>> = {
  core: {
    adam: core.adam,
    crop: (options) => core.crop(4, options),
    erase: core.erase,
    normalize: core.normalize,
    residual: (options) => core.residual(core.relu(), options),
    adamw: core.adamw,
    rmsprop: core.rmsprop,
    sgd: core.sgd,
    biasUniform: core.biasUniform,
    heNormal: core.heNormal,
    heUniform: core.heUniform,
    kaimingNormal: core.kaimingNormal,
    kaimingUniform: core.kaimingUniform,
    normal: core.normal,
    uniform: core.uniform,
    xavierNormal: core.xavierNormal,
    xavierUniform: core.xavierUniform,
    zeros: core.zeros,
    constantSchedule: core.constantSchedule,
    cosineSchedule: core.cosineSchedule,
    exponentialSchedule: core.exponentialSchedule,
    oneCycleSchedule: core.oneCycleSchedule,
    stepSchedule: core.stepSchedule,
    warmupSchedule: core.warmupSchedule,
    binaryCrossEntropy: core.binaryCrossEntropy,
    crossEntropy: core.crossEntropy,
    meanSquaredError: core.meanSquaredError,
    perceptron: core.perceptron,
    adaptiveAvgPool1d: (options) => core.adaptiveAvgPool1d(1, options),
    adaptiveAvgPool2d: (options) => core.adaptiveAvgPool2d(1, options),
    avgPool1d: (options) => core.avgPool1d(2, options),
    avgPool2d: (options) => core.avgPool2d(2, options),
    batchNorm1d: (options) => core.batchNorm1d(1, options),
    batchNorm2d: (options) => core.batchNorm2d(1, options),
    groupNorm: (options) => core.groupNorm(1, 1, options),
    layerNorm: (options) => core.layerNorm(1, options),
    rmsNorm: (options) => core.rmsNorm(1, options),
    zeroPad2d: (options) => core.zeroPad2d(1, options),
    constantPad2d: (options) => core.constantPad2d(1, 0, options),
    reflectionPad2d: (options) => core.reflectionPad2d(1, options),
    replicationPad2d: (options) => core.replicationPad2d(1, options),
    upsample: core.upsample,
    maxPool1d: (options) => core.maxPool1d(2, options),
    maxPool2d: (options) => core.maxPool2d(2, options),
    dropout: (options) => core.dropout(0.5, options),
    flatten: core.flatten,
    gelu: core.gelu,
    optimizer: (options) => core.optimizer('mine', options),
    conv1d: (options) => core.conv1d(1, 1, 1, options),
    conv2d: (options) => core.conv2d(1, 1, 1, options),
    convTranspose1d: (options) => core.convTranspose1d(1, 1, 1, options),
    convTranspose2d: (options) => core.convTranspose2d(1, 1, 1, options),
    convolve2d: (options) => withTensor((x) => core.convolve2d(x, x, options)),
    convolveTransposed2d: (options) => withTensor((x) => core.convolveTransposed2d(x, x, options)),
    gru: (options) => core.gru(1, 1, options),
    lastStep: core.lastStep,
    lstm: (options) => core.lstm(1, 1, options),
    rnn: (options) => core.rnn(1, 1, options),
    linear: (options) => core.linear(1, 1, options),
    embedding: (options) => core.embedding(1, 1, options),
    traceModel: (options) => core.traceModel((x) => x, [1], options),
    huberLoss: core.huberLoss,
    klDivLoss: core.klDivLoss,
    l1Loss: core.l1Loss,
    multiMarginLoss: core.multiMarginLoss,
    smoothL1Loss: core.smoothL1Loss,
    attention: (options) => withTensor((x) => core.attention(x, x, x, options)),
    multiHeadAttention: (options) => core.multiHeadAttention(4, 2, options),
    positionalEmbedding: (options) => core.positionalEmbedding(3, 2, options),
    rotaryEmbedding: (options) => core.rotaryEmbedding(2, options),
    sinusoidalPositions: core.sinusoidalPositions,
    transformerDecoder: (options) => core.transformerDecoder(4, 2, options),
    transformerDecoderLayer: (options) => core.transformerDecoderLayer(4, 2, options),
    transformerEncoder: (options) => core.transformerEncoder(4, 2, options),
    transformerEncoderLayer: (options) => core.transformerEncoderLayer(4, 2, options),
    max: (options) => withTensor((x) => core.max(x, options)),
    mean: (options) => withTensor((x) => core.mean(x, options)),
    min: (options) => withTensor((x) => core.min(x, options)),
    std: (options) => withTensor((x) => core.std(x, options)),
    variance: (options) => withTensor((x) => core.variance(x, options)),
    sum: (options) => withTensor((x) => core.sum(x, options)),
    fit: core.fit,
    startFrom: (options) => core.startFrom({ a: { shape: [1], data: [1] } }, options),
    evaluate: core.evaluate,
    exportNpz: (options) => core.exportNpz(TRAINED, options),
    exportOnnx: (options) => core.exportOnnx(TRAINED, options),
    predict: core.predict,
    decodeModel: (options) => core.decodeModel(new Uint8Array(8), options),
    inspect: core.inspect,
    stepper: core.stepper,
    applyPreparation: (options) => core.applyPreparation({ inputs: [] }, { a: 1 }, options),
  },
  data: {
    cacheFolder: data.cacheFolder,
    fromArrays: data.fromArrays,
    knownDatasets: data.knownDatasets,
    loadCifar10: data.loadCifar10,
    loadMnist: data.loadMnist,
    parseCsv: (options) => data.parseCsv('a,b\n1,2', options),
    parseCsvStream: (options) => data.parseCsvStream([], options),
    parseTable: (options) => data.parseTable('a,b\n1,2', options),
    parseTableStream: (options) => data.parseTableStream([], options),
    readTable: (options) => data.readTable('no-such-file.csv', options),
    readText: (options) => data.readText('no-such-file.txt', options),
    split: (options) => data.split(SET, options),
    prepare: (options) => data.prepare(TABLE, options),
    passThrough: (options) => data.passThrough('a', options),
    standardise: (options) => data.standardise('a', options),
    minMax: (options) => data.minMax('a', options),
    oneHot: (options) => data.oneHot('a', options),
    bagOfWords: (options) => data.bagOfWords('a', options),
    classOf: (options) => data.classOf('a', options),
    readPictures: (options) => data.readPictures('no-such-folder', options),
    readPictureFolder: (options) => data.readPictureFolder('no-such-folder', options),
    readCsv: (options) => data.readCsv('no-such-file.csv', options),
    trainTestSplit: (options) => data.trainTestSplit(SET, options),
    textDataset: (options) => data.textDataset('a text', options as never),
    windows: (options) => data.windows([1, 2, 3], options as never),
  },
  formats: {
    decodeSafetensors: (options) => formats.decodeSafetensors(new Uint8Array(8), options),
    decodeNpz: (options) => formats.decodeNpz(new Uint8Array(8), options),
    encodeNpz: (options) => formats.encodeNpz(new Map(), options),
    encodeSafetensors: (options) => formats.encodeSafetensors(new Map(), {}, options),
    readSafetensorsHeader: (options) =>
      formats.readSafetensorsHeader(new Uint8Array(8), 8, options),
  },
  trainer: {
    evaluate: trainer.evaluate,
    loadModel: (options) => trainer.loadModel('no-such-model', options),
    openReplay: trainer.openReplay,
    predictAll: (options) => trainer.predictAll({} as never, [], options),
    resume: trainer.resume,
    train: trainer.train,
  },
  transport: {
    dial: (options) => transport.dial([transport.webSockets()], 'ws://127.0.0.1:1', options),
    examine: (options) => transport.examine([transport.webSockets()], 'ws://127.0.0.1:1', options),
    listen: (options) => transport.listen(transport.memory(), options),
    memoryPair: transport.memoryPair,
    pageSockets: transport.pageSockets,
    unixSockets: transport.unixSockets,
    webSockets: transport.webSockets,
  },
  coordinator: {
    coordinate: coordinator.coordinate,
    resumeCoordinated: coordinator.resumeCoordinated,
    unixSockets: coordinator.unixSockets,
    webSockets: coordinator.webSockets,
  },
  worker: {
    examine: (options) => worker.examine('ws://127.0.0.1:1', options),
    work: (options) => worker.work('ws://127.0.0.1:1', options),
  },
};

/** Those that take values and no options, and those whose options somebody has looked at who has more of them. */
const WITHOUT: Readonly<Record<string, string>> = {
  core: `flip noise rotate shift
    abs add alignDataset attachLoss batchMean batchSum broadcast classNameOf constant div encodeModel exp initialParameters invertTargets isNamedRows leakyRelu learningRateAt log
    logSoftmax matmul maximum metric minimum mul neg oneHot parameterBytes parametersOf permutation relu reshape resolveSchedule sequential shared sigmoid sign softmax sqrt step stopGradient sub tanh
    tokenMask topKAccuracy targetUnits traitsOf transpose validateGraph validateOptimizer validatePictureRule validatePreparation validateSchedule weightsHash
    concat gather hardsigmoid logSigmoid pad slice split squeeze stack take unsqueeze
    clamp cos elu equal greater greaterEqual hardswish hardtanh less lessEqual notEqual pow reciprocal relu6 rsqrt silu sin softplus square where
    decodeTokens encodeText tokenDecoder validateTokenizer vocabularyOf
    exportGraph exportSafetensors summarize
    forOutput namedModel
    weighted`,
  data: 'channelStatistics decodePicture encodePicture idxImages isIdx pictureInputs pictureWay sampleSize categoryFault learnTokenizer datasetOf datasetSha256 firstSamples loadIdxFolder makeFolder shareDataset shareDatasets tableOf',
  formats: 'encodeOnnx isNpz safetensorsDataStart toFloat32',
  trainer: `endsContradict findParting haveSameStates heldDifferences isHashed knownParting metadataDifferences networkAlone readEvidence readMetricsFaults readTensors
    settingDifferences tensorDifferences valueWords
    availableMemory availableThreads checkParameterNames checkRunData chromeTrace endingOf failureOf describeThreads fromCheckpoint jsonLine loadRunWeights loadWeights
    prepareResume prepareRun profileTable readContents readRecord readRun readWeights runBackend saveModel saveState
    setThreadFile timeNow toBegin toCheckpoint tryThreads validateRunConfig whyNotNative writeDurably writeNamedFile wrongKernel`,
  transport:
    'canonicalHost certificateWarning checkTransports decodeReason encodeReason decodeNote encodeNote holdSockets hostAndPort isElectionName isLoopback leaderKey leaderPlace leaderSockets leaderUrl listenerNames memory mpiSockets nextTurn pageAddress readPageAddress socketBehind tlsProblem urlProblem',
  coordinator:
    'certificateWarning hostAndPort isElectionName journalledSteps leaderUrl markMoved mpiSockets networkOptions pageAddress tlsProblem',
  worker: 'inWords keptArrays',
};

const PACKAGES = { core, data, formats, trainer, transport, coordinator, worker };

/** What it throws, at once or later. */
async function errorOf(call: Call, options: unknown): Promise<unknown> {
  try {
    await call(options as never);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each(Object.entries(PACKAGES))('%s', (name, exports) => {
  const calls = WITH_OPTIONS[name]!;

  it('has no function that stands in neither table, and the tables no other', () => {
    const functions = Object.entries<unknown>(exports)
      .filter(([, value]) => typeof value === 'function' && !/^class\b/.test(String(value)))
      .map(([key]) => key);
    const listed = [...Object.keys(calls), ...WITHOUT[name]!.split(/\s+/)];
    expect(functions.sort()).toEqual(listed.sort());
  });

  it.each(Object.keys(calls))('%s refuses an option that it does not know', async (key) => {
    const error = await errorOf(calls[key]!, { no_such_option: 1 });
    expect(error).toBeInstanceOf(LockstepError);
    expect((error as Error).message).toMatch(/unknown option "no_such_option"; (did|the|it)/);
  });

  it.each(Object.keys(calls))('%s refuses what is no object of options', async (key) => {
    for (const wrong of [null, 0.01, 'x', [1], () => 1]) {
      const error = await errorOf(calls[key]!, wrong);
      expect(error, String(wrong)).toBeInstanceOf(LockstepError);
      expect((error as Error).message).toMatch(/expected one object with options/);
    }
  });
});
