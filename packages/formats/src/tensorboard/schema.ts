// The part of TensorBoard's schema that a training run needs, as plain values. Names are the specification's.
// Source: https://github.com/tensorflow/tensorboard, tensorboard/compat/proto: event, summary, histogram, tensor, graph.

/** A record of an event file: one of the values, whose field says which; none of what is not known here. */
export type EventProto = {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
} & (
  | { readonly fileVersion: string }
  | { readonly summary: readonly SummaryValueProto[] }
  | { readonly graphDef: GraphDefProto }
  | { readonly sessionLog: SessionStatus }
  | Nothing
);

/** What is there, though nothing of it can be said. */
type Nothing = Readonly<Record<never, never>>;

/** With `start`, what earlier files tell of this step and later ones is void: the training was taken up again before it. */
export type SessionStatus = 'unspecified' | 'start' | 'stop' | 'checkpoint';

/** What is told under a tag: one of the values, whose field says which; none of what is not known here. */
export type SummaryValueProto = {
  /** Parts with slashes between them; TensorBoard groups by the first. Of one kind of value throughout a folder. */
  readonly tag: string;
  /** Whom it is for; left out where that follows from the value. */
  readonly metadata?: SummaryMetadataProto;
} & (
  | { readonly simpleValue: number }
  | { readonly histo: HistogramProto }
  | { readonly image: ImageProto }
  | { readonly tensor: TensorProto }
  | Nothing
);

export interface SummaryMetadataProto {
  readonly pluginName: string;
  /** In a form of the plugin's own. */
  readonly content: Uint8Array;
}

/** Numbers counted by buckets: `bucket[i]` of them lie from `bucketLimit[i - 1]` (`min` for the first) to `bucketLimit[i]`. */
export interface HistogramProto {
  readonly min: number;
  readonly max: number;
  /** How many numbers. */
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  readonly bucketLimit: readonly number[];
  readonly bucket: readonly number[];
}

export interface ImageProto {
  readonly width: number;
  readonly height: number;
  /** Channels: 1 grey, 2 with alpha, 3 red, green, blue, 4 with alpha. */
  readonly colorspace: number;
  /** A PNG, JPEG or GIF file. */
  readonly encodedImageString: Uint8Array;
}

/** Float32 numbers, row-major. An empty shape is a scalar. */
export interface TensorProto {
  readonly shape: readonly number[];
  readonly floats: readonly number[];
}

export interface GraphDefProto {
  readonly node: readonly NodeDefProto[];
}

export interface NodeDefProto {
  /** Parts with slashes between them make boxes in boxes. */
  readonly name: string;
  readonly op: string;
  /** Names of nodes. */
  readonly input: readonly string[];
  /** Of what it gives; an axis that is known at run time only is −1. */
  readonly outputShape: readonly number[];
}
