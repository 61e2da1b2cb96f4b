// What of texts goes to others: a report is sent, so where its runs lie and at which addresses they were computed is of those
// machines alone. Names that people gave (of runs, workers, columns, classes) stay.
// Invariant: what looks like an address or a path and is none is lost rather than kept.

const ADDRESS = '(address)';

/** In this order: what one leaves the next does not find. */
const ADDRESSES: readonly RegExp[] = [
  // ws://10.0.0.5:7070/?x, s3://bucket/runs, file:///home/x, unix:/run/lockstep.sock
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s'"<>),;]+/gi,
  /\bunix:[^\s'"<>),;]+/gi,
  // What the system says of names that it does not know.
  /(?<=\b(?:ENOTFOUND|EAI_AGAIN|EAI_\w+) )[^\s'"<>),;]+/g,
  // [fe80::1]:7070, fe80::1, ::1
  /\[[0-9a-f:.]*:[0-9a-f:.]*(?:%\w+)?\](?::\d+)?/gi,
  /(?<![\w:.])(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?(?![\w:])/gi,
  /(?<![\w:.])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])/gi,
  // 10.0.0.5:7070, gpu008.cluster:7070
  /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\w.]*\w)/g,
  /(?<![\w.-])[a-z][\w-]*(?:\.[\w-]+)*:\d{2,5}(?!\w)/gi,
];

/** Of what is named from the root, with a letter, a server or a home before it; folders may have spaces in their names. */
const FOLDERS = /(^|[\s'"(=:,[<])(?:[A-Za-z]:|~\w*)?[\\/]+(?:[^\\/'",:;()\n]+[\\/]+)*/g;

/** Keys whose texts are names that people gave. */
const NAMES: ReadonlySet<string> = new Set(['name', 'names', 'members', 'worker', 'id']);

/** A text without addresses; of a path that it names the last part says enough. @param hosts names of machines */
export function textForOthers(text: string, hosts: readonly string[] = []): string {
  let told = text;
  for (const address of ADDRESSES) told = told.replace(address, ADDRESS);
  for (const host of hosts) told = told.replaceAll(wholeWord(host), ADDRESS);
  return told.replace(FOLDERS, '$1');
}

/** A JSON value whose texts are without addresses and folders. */
export function forOthers<T>(json: T, hosts: readonly string[] = []): T {
  if (typeof json === 'string') return textForOthers(json, hosts) as T;
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item: unknown) => forOthers(item, hosts)) as T;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      NAMES.has(key) ? value : forOthers<unknown>(value, hosts),
    ]),
  ) as T;
}

/** The machines that addresses name. */
export function hostsOf(urls: readonly string[]): string[] {
  return urls.flatMap((url) => {
    const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
    return host === '' ? [] : [host];
  });
}

function wholeWord(text: string): RegExp {
  const quoted = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w.-])${quoted}(?![\\w-]|\\.\\w)`, 'g');
}
