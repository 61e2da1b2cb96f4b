// What the browser keeps of a person's choices, and of a tab's name, so that a page that is loaded again is the same. A browser
// that keeps nothing is no failure.

export interface Choices {
  readonly share: number | undefined;
  readonly goesOn: boolean;
}

const SHARE = 'lockstep-share';
const GOES_ON = 'lockstep-goes-on';
const NAME = 'lockstep-name';

export function keptChoices(): Choices {
  const share = Number(read(localStorage, SHARE));
  return {
    share: Number.isInteger(share) && share > 0 ? share : undefined,
    goesOn: read(localStorage, GOES_ON) === 'yes',
  };
}

export function keepChoices({ share, goesOn }: Choices): void {
  write(localStorage, SHARE, String(share));
  write(localStorage, GOES_ON, goesOn ? 'yes' : 'no');
}

/** Of this tab, for people: browser and system, and four digits that tell tabs apart. */
export function tabName(): string {
  const kept = read(sessionStorage, NAME);
  if (kept !== null) return kept;
  const digits = crypto.getRandomValues(new Uint16Array(1))[0]!.toString(16).padStart(4, '0');
  const name = `${browserIn(navigator.userAgent)}-${digits}`;
  write(sessionStorage, NAME, name);
  return name;
}

const BROWSERS = ['Firefox', 'Edg', 'OPR', 'Chrome', 'Safari'];
const SYSTEMS = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'CrOS', 'Linux'];

/** `Mozilla/5.0 (X11; Linux x86_64) … Chrome/140.0 Safari/537.36` → `chrome-linux` */
export function browserIn(userAgent: string): string {
  const found = [BROWSERS, SYSTEMS].map((names) => names.find((name) => userAgent.includes(name)));
  return found.map((name) => name?.toLowerCase() ?? 'browser').join('-');
}

function read(storage: Storage, key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

function write(storage: Storage, key: string, value: string): void {
  try {
    storage.setItem(key, value);
  } catch {}
}
