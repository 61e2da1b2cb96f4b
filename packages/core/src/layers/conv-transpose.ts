// Layers of transposed convolution, which make pictures and sequences larger, with weights that they learn.
import { type ConvTransposeOptions, convolvingLayer } from './convolving.js';
import type { SharedLayer } from './shared.js';
import type { LengthPair } from './windows.js';

/** Lengths are one for rows and columns, or [rows, columns]. */
export type ConvTranspose2dOptions = ConvTransposeOptions<LengthPair>;
/** What `convTranspose1d` takes. */
export type ConvTranspose1dOptions = ConvTransposeOptions<number>;

/**
 * Transposed convolution of pictures: x [N, inChannels, H, W] → [N, outChannels, H', W'] with
 * H' = (H − 1) stride − 2 padding + dilation (kernelSize − 1) + outputPadding + 1: what a `conv2d` of the same options does,
 * backwards. As PyTorch's ConvTranspose2d, with its defaults, the distributions that it draws from, and `weight`
 * [inChannels, outChannels / groups, rows, columns] and `bias` [outChannels].
 *
 * @param kernelSize one length, or [rows, columns]
 * @throws ConfigError if a length is no whole number, outputPadding is not smaller than the stride, or channels are not
 * divisible by groups
 * @throws ShapeError when traced, if the input is not [N, inChannels, H, W] or the padding leaves nothing of the output
 *
 * Source: Zeiler, Krishnan, Taylor, Fergus, Deconvolutional networks (2010).
 */
export function convTranspose2d(
  inChannels: number,
  outChannels: number,
  kernelSize: LengthPair,
  options: ConvTranspose2dOptions = {},
): SharedLayer {
  const given = { inChannels, outChannels, kernelSize, options };
  return convolvingLayer('convTranspose2d', 'convTranspose2d', 2, given);
}

/**
 * Transposed convolution of sequences: x [N, inChannels, L] → [N, outChannels, L'], as `convTranspose2d` does for rows and
 * columns; `weight` is [inChannels, outChannels / groups, kernelSize]. As PyTorch's ConvTranspose1d.
 *
 * @throws as `convTranspose2d`
 */
export function convTranspose1d(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  options: ConvTranspose1dOptions = {},
): SharedLayer {
  const given = { inChannels, outChannels, kernelSize, options };
  return convolvingLayer('convTranspose1d', 'convTranspose2d', 1, given);
}
