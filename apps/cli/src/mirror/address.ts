// Where a run lies in an object store: `s3://bucket/prefix`. Pure.
import { InvalidArgumentError } from 'commander';

export interface StoreAddress {
  readonly bucket: string;
  /** Without slashes at its ends; never empty, so that a bucket can hold several runs. */
  readonly prefix: string;
}

const SCHEME = 's3://';

/** As buckets are called anywhere. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/i;

/** Part of a key that means the same to every store, signed or not. */
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._=-]{1,200}$/;

export function isStoreUrl(text: string): boolean {
  return text.startsWith(SCHEME);
}

/**
 * As a flag's parser, too.
 *
 * @throws InvalidArgumentError if it is no such address
 */
export function storeAddress(url: string): StoreAddress {
  const [bucket = '', ...segments] = url.slice(SCHEME.length).replace(/\/+$/, '').split('/');
  const isOne =
    isStoreUrl(url) &&
    BUCKET.test(bucket) &&
    segments.length > 0 &&
    segments.every((segment) => SEGMENT.test(segment));
  if (isOne) return { bucket, prefix: segments.join('/') };
  throw new InvalidArgumentError(
    'Expected s3://BUCKET/PREFIX, such as s3://models/runs/mnist: letters, digits and . _ = - in each part.',
  );
}

/** As it is typed. @throws InvalidArgumentError if it is none */
export function storeUrl(text: string): string {
  const { bucket, prefix } = storeAddress(text);
  return `${SCHEME}${bucket}/${prefix}`;
}

/** The folder's name that a run from there has here, unless another one is asked for. */
export function folderNameOf(url: string): string {
  return storeAddress(url).prefix.split('/').at(-1)!;
}
