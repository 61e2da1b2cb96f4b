// Layers of convolution over pictures and sequences.
import { type ConvOptions, convolvingLayer } from './convolving.js';
import type { SharedLayer } from './shared.js';
import type { LengthPair } from './windows.js';

/** Lengths are one for rows and columns, or [rows, columns]. */
export type Conv2dOptions = ConvOptions<LengthPair>;
/** What `conv1d` takes. */
export type Conv1dOptions = ConvOptions<number>;

/**
 * Convolution of pictures: x [N, inChannels, H, W] → [N, outChannels, H', W'] with
 * H' = ⌊(H + 2 padding − dilation (kernelSize − 1) − 1) / stride⌋ + 1. As PyTorch's Conv2d, with its defaults, the
 * distributions that it draws from, and `weight` [outChannels, inChannels / groups, rows, columns] and `bias`
 * [outChannels]. The kernel is not flipped. With `groups: inChannels` it is a depthwise convolution.
 *
 * @param kernelSize one length, or [rows, columns]
 * @throws ConfigError if a length is no whole number, or channels are not divisible by groups
 * @throws ShapeError when traced, if the input is not [N, inChannels, H, W] or the kernel is larger than it with its padding
 *
 * Source: LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition (1998).
 */
export function conv2d(
  inChannels: number,
  outChannels: number,
  kernelSize: LengthPair,
  options: Conv2dOptions = {},
): SharedLayer {
  const given = { inChannels, outChannels, kernelSize, options };
  return convolvingLayer('conv2d', 'conv2d', 2, given);
}

/**
 * Convolution of sequences: x [N, inChannels, L] → [N, outChannels, L'], as `conv2d` does for rows and columns; `weight` is
 * [outChannels, inChannels / groups, kernelSize]. As PyTorch's Conv1d.
 *
 * @throws as `conv2d`
 */
export function conv1d(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  options: Conv1dOptions = {},
): SharedLayer {
  const given = { inChannels, outChannels, kernelSize, options };
  return convolvingLayer('conv1d', 'conv2d', 1, given);
}
