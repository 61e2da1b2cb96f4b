// What is found of a folder that is to be written to: whether it can be, and how much room there is. A folder that is not there yet
// is judged by the nearest one around it that is.
import { statSync } from 'node:fs';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBinary } from '../wording.js';
import { nearestPlace } from '../writable-place.js';
import { type Judgement, note, ok, problem } from './check.js';

export interface Folder {
  /** That is to be written to. */
  readonly path: string;
  /** That is there. */
  readonly nearest: string;
  /** Bytes that this user may still write; undefined where the system does not say. */
  readonly freeBytes: number | undefined;
  /** What kind of file system it is, where it is one of those that matter. */
  readonly kind: keyof typeof KINDS | undefined;
  /** Why nothing can be written, as the system says it. */
  readonly fault: string | undefined;
}

/** By the number that Linux knows them by. Source: statfs(2). */
const NUMBERS: Readonly<Record<number, keyof typeof KINDS>> = {
  16914836: 'tmpfs',
  2240043254: 'tmpfs',
  26985: 'nfs',
  4283649346: 'cifs',
  4266872130: 'cifs',
  16914839: '9p',
};

const ELSEWHERE =
  'it lies on another machine: writing may be slow, and claims of a run are seen late';
const KINDS = {
  tmpfs: 'it lies in memory, takes of it, and is gone with the machine',
  nfs: ELSEWHERE,
  cifs: ELSEWHERE,
  '9p': ELSEWHERE,
} as const;

export async function examineFolder(path: string): Promise<Folder> {
  const nearest = await nearestPlace(path);
  const system = await statfs(nearest).catch(() => undefined);
  return {
    ...{ path, nearest },
    freeBytes: system && system.bavail * system.bsize,
    kind: process.platform === 'linux' && system ? NUMBERS[system.type] : undefined,
    fault: await tryWriting(nearest),
  };
}

/** As a run does: a folder, a file in it, synced; all of it is removed again. */
async function tryWriting(folder: string): Promise<string | undefined> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    return `ENOTDIR: ${folder} is no folder`;
  let made: string | undefined;
  try {
    made = await mkdtemp(join(folder, '.lockstep-doctor-'));
    const file = await open(join(made, 'file'), 'w');
    try {
      await file.write(new Uint8Array(65_536));
      await file.sync();
    } finally {
      await file.close();
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    if (made !== undefined) await rm(made, { recursive: true, force: true });
  }
}

/** What a folder is to hold. */
interface Need {
  /** With less nothing of use can be written. */
  readonly leastBytes: number;
  readonly enoughBytes: number;
  /** How to name another one. */
  readonly otherwise: string;
}

export function judgeFolder(
  folder: Folder,
  { leastBytes, enoughBytes, otherwise }: Need,
): Judgement {
  const { path, nearest, freeBytes, kind, fault } = folder;
  if (fault !== undefined) {
    const full = /ENOSPC|EDQUOT/.test(fault) ? 'make room there, or ' : '';
    return problem(`${path} cannot be written: ${fault}`, `${full}${otherwise}`);
  }
  const place = nearest === path ? path : `${path}, which is to be made`;
  const room = freeBytes === undefined ? '' : `, ${formatBinary(freeBytes)} free`;
  const found = `${place}${room}`;
  if (freeBytes !== undefined && freeBytes < leastBytes) {
    return problem(found, `make room there, or ${otherwise}`);
  }
  if (freeBytes !== undefined && freeBytes < enoughBytes) {
    return note(found, `little room; else ${otherwise}`);
  }
  return kind === undefined
    ? ok(found)
    : note(`${found} (${kind})`, `${KINDS[kind]}; else ${otherwise}`);
}
