// Numbers as people read them. Pure; nothing here is parsed again by a program.

/** 109386 → `109,386`. By hand: what languages there are takes the system 50 ms to load. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 0.97534 → `97.53%`. */
export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

/** Four decimals, or three significant digits where those would hide the value. */
export function formatLoss(loss: number): string {
  const size = Math.abs(loss);
  return size !== 0 && (size < 0.01 || size >= 1e6) ? loss.toPrecision(3) : loss.toFixed(4);
}

/** 0.52 → `0.52 s`, 12.34 → `12.3 s`, 95 → `1:35`, 3725 → `1:02:05`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  return formatClock(seconds);
}

/** 5 → `0:05`, 3725 → `1:02:05`. */
export function formatClock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** 9912422 → `9.9 MB`. */
export function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** 9912422 → `9.9 MB`, 712 → `0.7 kB`. */
export function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : formatMegabytes(bytes);
}

/** 536870912 → `512 MiB`, 4294901760 → `4.0 GiB`. */
export function formatBinary(bytes: number): string {
  return bytes < 2 ** 30
    ? `${Math.floor(bytes / 2 ** 20)} MiB`
    : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** 4, "thread" → `4 threads`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** What is told when threads rest, or compute again. */
interface ThreadChangeTold {
  readonly computing: number;
  readonly before: number;
  readonly of: number;
  readonly stepMs: number;
  readonly beforeMs: number;
}

/** e.g. `1 of 2 threads computes: a step takes 0.31 ms, with 2 it took 0.42 ms` */
export function describeThreadChange(change: ThreadChangeTold): string {
  const { computing, before, of, stepMs, beforeMs } = change;
  const verb = computing === 1 ? 'computes' : 'compute';
  const now = `${formatCount(computing)} of ${plural(of, 'thread')} ${verb}`;
  return `${now}: a step takes ${stepMs} ms, with ${formatCount(before)} it took ${beforeMs} ms`;
}
