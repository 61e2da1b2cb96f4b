// Numbers as people read them: as many digits as say something, and units.
// Invariant: the same number is always the same text, in every browser; what is not known is a dash.

export const UNKNOWN = '–';

/** Four digits that count; powers of ten where zeros would have to be counted. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (!Number.isFinite(value)) return String(value);
  // What is a rounding error away from 0.0001 is that.
  const size = Math.abs(Number(value.toPrecision(4)));
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(2).replace('e+', 'e');
  if (Number.isInteger(value)) return grouped(String(value));
  if (size >= 1e4) return grouped(value.toFixed(0));
  return grouped(String(Number(value.toPrecision(4))));
}

/** With a thin space between thousands: 1 234 567. */
function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const parts = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u2009') : whole;
  return fraction === undefined ? parts : `${parts}.${fraction}`;
}

/** 0.973 → 97.3 %. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)}\u2009%`;
}

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'];

export function formatBytes(bytes: number | null): string {
  if (bytes === null) return UNKNOWN;
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${BYTES[unit]}`;
}

export function formatMs(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms >= 10_000) return formatDuration(ms / 1000);
  return `${ms >= 100 ? ms.toFixed(0) : Number(ms.toPrecision(3))} ms`;
}

/** The two largest units that count: 3 h 05 min, 12 min 30 s, 4.2 s. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return UNKNOWN;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(whole / unit));
  const two = (count: number): string => String(count).padStart(2, '0');
  if (whole < 3600) return `${minutes} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${hours} h ${two(minutes! % 60)} min`;
  return `${days} d ${two(hours! % 24)} h`;
}

/** The time of day, with as many decimals as `stepMs` needs to tell one from the next. */
export function formatTime(at: number, stepMs = 1000): string {
  const time = new Date(at);
  const two = (count: number): string => String(count).padStart(2, '0');
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const decimals = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3;
  const thousandths = String(time.getMilliseconds()).padStart(3, '0');
  return decimals === 0 ? clock : `${clock}.${thousandths.slice(0, decimals)}`;
}
