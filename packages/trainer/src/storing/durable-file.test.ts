import { mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FileOperations, type OpenFile, temporaryOf, writeDurably } from './durable-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-durable-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The real file system, with every call noted; `before` may throw in place of a call. */
function watched(before: (call: string) => void = () => {}) {
  const calls: string[] = [];
  const note = (call: string) => {
    before(call);
    calls.push(call);
  };
  const short = (path: string) => {
    if (path === folder) return 'folder';
    return temporaryOf(path) === undefined ? basename(path) : 'temporary';
  };
  const files: FileOperations = {
    async open(path, flags): Promise<OpenFile> {
      note(`open ${short(path)}`);
      const file = await open(path, flags);
      return {
        write(bytes, offset, length) {
          note(`write ${length}`);
          return file.write(bytes, offset, length);
        },
        sync() {
          note(`sync ${short(path)}`);
          return file.sync();
        },
        close() {
          calls.push(`close ${short(path)}`);
          return file.close();
        },
      };
    },
    rename(from, to) {
      note(`rename ${short(from)} ${short(to)}`);
      return rename(from, to);
    },
    rm(path, options) {
      note(`rm ${short(path)}`);
      return rm(path, options);
    },
  };
  return { files, calls };
}

test('content is flushed before the rename, and the folder after it', async () => {
  const { files, calls } = watched();
  await writeDurably(join(folder, 'a'), [Buffer.from('xyz'), Buffer.from('12')], files);
  expect(calls).toEqual([
    'open temporary',
    'write 3',
    'write 2',
    'sync temporary',
    'close temporary',
    'rename temporary a',
    'open folder',
    'sync folder',
    'close folder',
  ]);
  expect(await readFile(join(folder, 'a'), 'latin1')).toBe('xyz12');
  expect(await readdir(folder)).toEqual(['a']);
});

test.each(['open temporary', 'write 3', 'write 2', 'sync temporary', 'rename temporary a'])(
  'a failure at "%s" leaves the old file and no other',
  async (failing) => {
    await writeFile(join(folder, 'a'), 'old');
    const { files, calls } = watched((call) => {
      if (call === failing) throw new Error(`no ${call}`);
    });
    const written = writeDurably(join(folder, 'a'), [Buffer.from('xyz'), Buffer.from('12')], files);
    await expect(written).rejects.toThrow(`no ${failing}`);
    expect(await readFile(join(folder, 'a'), 'latin1')).toBe('old');
    expect(await readdir(folder)).toEqual(['a']);
    expect(calls.filter((call) => call.startsWith('open')).length).toBe(
      calls.filter((call) => call.startsWith('close')).length,
    );
  },
);

test('short writes go on where they stopped; a write of nothing is an error', async () => {
  const { files } = watched();
  const limited = (most: number): FileOperations => ({
    ...files,
    async open(path, flags) {
      const file = await files.open(path, flags);
      return {
        write: async (bytes, offset, length) =>
          most === 0 ? { bytesWritten: 0 } : file.write(bytes, offset, Math.min(most, length)),
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  });
  await writeDurably(join(folder, 'a'), [Buffer.from('abcdefg'), Buffer.from('hi')], limited(3));
  expect(await readFile(join(folder, 'a'), 'latin1')).toBe('abcdefghi');
  const nothing = writeDurably(join(folder, 'b'), [Buffer.from('a')], limited(0));
  await expect(nothing).rejects.toThrow(/took no bytes/);
  expect(await readdir(folder)).toEqual(['a']);
});

test('a system that cannot flush folders is no failure; a disk error there is', async () => {
  const refusing = (code: string) =>
    watched((call) => {
      if (call === 'sync folder') throw Object.assign(new Error(code), { code });
    }).files;
  await writeDurably(join(folder, 'a'), [Buffer.from('x')], refusing('EPERM'));
  await writeDurably(join(folder, 'a'), [Buffer.from('y')], refusing('EINVAL'));
  expect(await readFile(join(folder, 'a'), 'latin1')).toBe('y');
  await expect(
    writeDurably(join(folder, 'a'), [Buffer.from('z')], refusing('EIO')),
  ).rejects.toThrow('EIO');
});

test('views of shared memory are written as they lie', async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(16), 4, 3);
  shared.set([65, 66, 67]);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const wasm = new Uint8Array(memory.buffer, 8, 2);
  wasm.set([68, 69]);
  await writeDurably(join(folder, 'a'), [shared, wasm]);
  expect(await readFile(join(folder, 'a'), 'latin1')).toBe('ABCDE');
});

test('two writers of one path do not mix', async () => {
  const path = join(folder, 'a');
  const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000));
  await Promise.all(contents.map((content) => writeDurably(path, [Buffer.from(content)])));
  expect(contents).toContain(await readFile(path, 'latin1'));
  expect(await readdir(folder)).toEqual(['a']);
});

test('a temporary file is known by its name, and tells what it was to become', () => {
  expect(temporaryOf('step-1.bin.tmp-0123456789abcdef')).toBe('step-1.bin');
  expect(temporaryOf('step-1.bin.tmp-0123')).toBeUndefined();
  expect(temporaryOf('step-1.bin')).toBeUndefined();
});
