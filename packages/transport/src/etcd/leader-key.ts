// Where in etcd it stands who leads a run, what stands there, and how that is written as a URL: `etcd://host:port/name`, several
// members with commas, `etcds:` over TLS. Pure.

export interface LeaderPlace {
  /** As etcd's clients take them. */
  readonly members: readonly string[];
  /** Of the election, the same for all who take part. */
  readonly name: string;
}

/** What the one who leads writes there. */
export interface LeaderNote {
  /** Who it is, for people. */
  readonly who: string;
  /** Where workers reach it, best first; none before it listens. */
  readonly urls: readonly string[];
  /** Why the run has failed for everybody, so that nobody takes over. */
  readonly failed?: string;
}

const URL_FORM = /^(etcds?):\/\/([^/\s?#@]+)\/([A-Za-z0-9._-]{1,100})$/;
const HOST = /^[A-Za-z0-9._-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/;
const PORT = 2379;

/** Characters that stand in a URL as they are. */
export function isElectionName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,100}$/.test(name);
}

/** The key of a run in etcd under which its leader stands. */
export function leaderKey(name: string): string {
  return `/lockstep/${name}/leader`;
}

/** @returns undefined if it is no such URL */
export function leaderPlace(url: string): LeaderPlace | undefined {
  const [, scheme, hosts, name] = URL_FORM.exec(url) ?? [];
  if (hosts === undefined || name === undefined) return undefined;
  const all = hosts.split(',');
  if (!all.every((host) => HOST.test(host))) return undefined;
  const protocol = scheme === 'etcds' ? 'https' : 'http';
  const withPort = (host: string): string => (/:\d+$/.test(host) ? host : `${host}:${PORT}`);
  return { members: all.map((host) => `${protocol}://${withPort(host)}`), name };
}

/** As a worker takes it. @param members all of one protocol, without paths */
export function leaderUrl({ members, name }: LeaderPlace): string {
  const isSecure = members[0]?.startsWith('https:');
  const hosts = members.map((member) => member.replace(/^https?:\/\//, ''));
  return `${isSecure ? 'etcds' : 'etcd'}://${hosts.join(',')}/${name}`;
}

/** A note as it stands in etcd. */
export function encodeNote(note: LeaderNote): string {
  return JSON.stringify(note);
}

/** @returns undefined if it is no such note */
export function decodeNote(text: string): LeaderNote | undefined {
  try {
    const { who, urls, failed } = Object(JSON.parse(text)) as Partial<LeaderNote>;
    const areTexts = Array.isArray(urls) && urls.every((url) => typeof url === 'string');
    if (typeof who !== 'string' || !areTexts) return undefined;
    return typeof failed === 'string' ? { who, urls, failed } : { who, urls };
  } catch {
    return undefined;
  }
}
