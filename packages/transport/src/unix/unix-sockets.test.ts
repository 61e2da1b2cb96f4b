// What only Unix sockets have: a file with an owner, which somebody may have left, and words of the transport's own.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { listen } from '../listen.js';
import { ARITHMETIC, dialOver, endServed, type Served, serveOver } from '../testing/harness.js';
import { writeHead } from './message-reader.js';
import { MOST_PATH_BYTES } from './socket-file.js';
import { ANSWER, ASK, CLOSE, UnixChannel } from './unix-channel.js';
import { unixSockets } from './unix-sockets.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
afterAll(() => rmSync(folder, { recursive: true }));
const servers: Served[] = [];
afterEach(() => endServed(servers));

let count = 0;
const fresh = (): string => join(folder, `${count++}.sock`);

async function serve(path = fresh(), options = {}): Promise<Served & { path: string }> {
  const served = await serveOver(unixSockets({ path }), options);
  servers.push(served);
  return { ...served, path };
}

/** The socket of a process that was killed. */
function leaveBehind(path: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe('the file', () => {
  it('is for its user alone, and goes with the listener', async () => {
    const { path, listener } = await serve();
    expect(lstatSync(path).isSocket()).toBe(true);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  it('of a process that was killed is taken over', async () => {
    const path = fresh();
    leaveBehind(path);
    await expect(dialOver(unixSockets(), `unix:${path}`)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/nobody listens there any more \(ECONNREFUSED\)/),
    });
    await unixSockets({ path }).probe!();
    const served = await serve(path);
    await dialOver(unixSockets(), served.listener.url);
  });

  it('of one that listens is not, nor is it harmed', async () => {
    const { path, listener } = await serve();
    const other = unixSockets({ path });
    for (const attempt of [() => other.probe!(), () => serveOver(other)]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'address',
        message: expect.stringMatching(/^listen on .*: another process listens there already/),
      });
    }
    await dialOver(unixSockets(), listener.url);
  });

  it('that is no socket is left as it is', async () => {
    const path = fresh();
    writeFileSync(path, 'the only copy');
    await expect(serveOver(unixSockets({ path }))).rejects.toThrow(/is there already, and is no s/);
    expect(lstatSync(path).size).toBe(13);
  });

  it('needs a folder', async () => {
    const path = join(folder, 'no', 'folder');
    await expect(serveOver(unixSockets({ path }))).rejects.toThrow(
      /there is no folder .*no that this/,
    );
  });

  it('needs a folder that is one, and a socket to dial', async () => {
    const path = fresh();
    writeFileSync(path, '');
    const below = join(path, 'socket');
    const other = unixSockets({ path: below });
    for (const attempt of [() => other.probe!(), () => serveOver(other)]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'address',
        message: `listen on ${below}: ${path} is no folder (ENOTDIR); choose another path`,
      });
    }
    for (const [dialled, problem] of [
      [below, /there is no such socket on this machine \(ENOTDIR\)/],
      [path, /what is there is no socket \(/],
    ] as const) {
      await expect(dialOver(unixSockets(), `unix:${dialled}`)).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringMatching(problem),
      });
    }
  });

  it.skipIf(process.getuid?.() === 0)(
    'needs the right to make it (skipped for root, who has every right)',
    async () => {
      const closed = join(folder, 'closed');
      mkdirSync(closed, { mode: 0o500 });
      const path = join(closed, 'socket');
      await expect(serveOver(unixSockets({ path }))).rejects.toThrow(/may not make a file there/);
      const { path: shut } = await serve();
      chmodSync(shut, 0);
      await expect(dialOver(unixSockets(), `unix:${shut}`)).rejects.toMatchObject({
        code: 'refused',
      });
    },
  );

  it(`has a path of at most ${MOST_PATH_BYTES} bytes, on either side`, async () => {
    const long = (bytes: number) => `/${'é'.repeat(bytes)}`.slice(0, 1 + Math.floor(bytes / 2));
    const path = long(MOST_PATH_BYTES + 1);
    expect(() => unixSockets({ path })).toThrow(/the path has \d+ bytes, .* may have \d+; choose/);
    await expect(dialOver(unixSockets(), `unix:${path}`)).rejects.toThrow(/the path has \d+ bytes/);
    expect(unixSockets().urlProblem(`unix:${long(MOST_PATH_BYTES - 1)}`)).toBeUndefined();
  });
});

describe('a URL', () => {
  it('has what is not plain percent-encoded, and may be written as it is', async () => {
    const path = join(folder, 'ein Läufer 100%.sock');
    const { listener } = await serve(path);
    expect(listener.url).toMatch(/^unix:[!-~]+ein%20L%C3%A4ufer%20100%25\.sock$/);
    await dialOver(unixSockets(), listener.url);
    await dialOver(unixSockets(), listener.url.replace('%20', ' ').replace('unix:', 'unix://'));
  });

  it.each(['unix:', 'ws://h', 'unix:/%', 'unix://run.sock', '/run/x.sock'])('is not %s', (url) => {
    expect(unixSockets().urlProblem(url)).toMatch(
      /is not an address to dial; expected unix:\/PATH/,
    );
  });

  it('where nothing is says so, and that trying again may help', async () => {
    await expect(dialOver(unixSockets(), `unix:${fresh()}`)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/^dial unix:.*: there is no such socket on this machine/),
    });
  });
});

describe('without a path', () => {
  const options = {
    arithmetic: ARITHMETIC,
    identify: () => ({ code: 'stale', message: '' }),
    onLink: () => {},
  };

  it('a coordinator does not listen, nor a worker that came another way', async () => {
    expect(await listen(unixSockets(), options)).toBeUndefined();
    expect(await listen(unixSockets(), { ...options, towards: 'ws://h:1' })).toBeUndefined();
  });

  it('a worker that came by one listens in a folder for its user alone, which goes with it', async () => {
    const listener = await listen(unixSockets(), { ...options, towards: 'unix:/run/x' });
    const own = dirname(listener!.url.slice('unix:'.length));
    expect(lstatSync(own).mode & 0o777).toBe(0o700);
    expect(readdirSync(own)).toEqual(['worker']);
    await listener!.close();
    expect(existsSync(own)).toBe(false);
  });
});

/** Somebody who writes what they like. */
async function stranger(path: string): Promise<Socket> {
  const socket = createConnection(path);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

function word(...bytes: number[]): Buffer {
  const head = Buffer.alloc(4);
  writeHead(head, bytes.length, true);
  return Buffer.concat([head, Buffer.from(bytes)]);
}

describe('a stranger', () => {
  it('that announces more than 64 KiB is turned away with the reason', async () => {
    const { path, refusals } = await serve();
    const socket = await stranger(path);
    const head = Buffer.alloc(4);
    writeHead(head, 65_537);
    socket.write(head);
    const said: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => said.push(chunk));
    await once(socket, 'close');
    const [reply] = said;
    expect(reply![4]).toBe(CLOSE);
    expect(reply!.toString('latin1', 5)).toMatch(/^protocol message: too large/);
    expect(refusals).toEqual([expect.stringMatching(/too large; expected at most 65536 bytes/)]);
  });

  it('that asks for signs of life gets none', async () => {
    const { path } = await serve(undefined, { handshakeMs: 50 });
    const socket = await stranger(path);
    for (let i = 0; i < 10; i++) socket.write(word(ASK));
    const said: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => said.push(chunk));
    await once(socket, 'close');
    // Only that its time is over.
    expect(Buffer.concat(said)[4]).toBe(CLOSE);
  });
});

describe('a channel', () => {
  /** One over a socket whose other end is bare. */
  async function halfBare() {
    const path = fresh();
    const server = createServer({ pauseOnConnect: true }).listen(path);
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const bare = await stranger(path);
    const [socket] = (await accepted) as [Socket];
    server.close();
    const channel = new UnixChannel(socket, 'unix');
    let signs = 0;
    const failures: string[] = [];
    const ends: [string, boolean][] = [];
    channel.attach({
      arrived() {},
      sign: () => {
        signs += 1;
      },
      message() {},
      failed: (message) => failures.push(message),
      closed: (reason, isTold) => ends.push([reason.code, isTold]),
    });
    channel.resume();
    return { channel, bare, failures, ends, signs: () => signs };
  }

  it('answers signs of life one at a time, for a side that does not read', async () => {
    const { channel, bare, signs } = await halfBare();
    bare.write(Buffer.concat(Array.from({ length: 60 }, () => word(ASK))));
    while (signs() < 60) await new Promise((resolve) => setImmediate(resolve));
    expect(channel.queuedBytes).toBeLessThanOrEqual(5);
    const said: Buffer[] = [];
    bare.on('data', (chunk: Buffer) => said.push(chunk));
    while (Buffer.concat(said).length < 10) await once(bare, 'data');
    expect(Buffer.concat(said)).toEqual(Buffer.concat([word(ANSWER), word(ANSWER)]));
    channel.cut();
  });

  it('is closed for more than a hundred signs between two looks at the clock', async () => {
    const { channel, bare, failures, signs } = await halfBare();
    bare.resume();
    for (let round = 1; round <= 3; round++) {
      channel.ping();
      bare.write(Buffer.concat(Array.from({ length: 90 }, () => word(ANSWER))));
      while (signs() < 90 * round) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(failures).toEqual([]);
    bare.write(Buffer.concat(Array.from({ length: 30 }, () => word(ANSWER))));
    await once(bare, 'close');
    expect(failures).toEqual([expect.stringMatching(/pings: more than 100/)]);
  });

  it('that breaks is lost, and one that is told why is not', async () => {
    const one = await halfBare();
    one.bare.destroy();
    const two = await halfBare();
    two.bare.write(word(CLOSE, ...Buffer.from('expelled go')));
    two.bare.resume();
    for (const { ends } of [one, two]) {
      while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(one.ends).toEqual([['lost', false]]);
    expect(two.ends).toEqual([['expelled', true]]);
  });
});

it('whoever does not know the token is told so', async () => {
  const { listener } = await serve();
  const key = new TextEncoder().encode('another token, of nobody');
  await expect(dialOver(unixSockets(), listener.url, { key })).rejects.toMatchObject({
    code: 'refused',
    reason: 'unauthorized',
  });
});

it.skipIf(process.platform !== 'win32')('on Windows it is refused in words', () => {
  expect(() => unixSockets({ path: 'x' })).toThrow(/on Windows use ws:/);
});
