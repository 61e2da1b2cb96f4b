import { execFileSync } from 'node:child_process';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DownloadError, type DownloadOptions, downloadFromMirrors } from './download.js';
import { breakAfter, sendRange, serve } from './http.fixture.js';
import { temporaryFolder } from './idx.fixture.js';

const BODY = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) % 251);
const ETAG = '"v1"';

async function verify(path: string): Promise<void> {
  if (Buffer.compare(await readFile(path), BODY) !== 0) throw new Error('other bytes');
}

async function options(...urls: string[]): Promise<DownloadOptions> {
  const file = join(await temporaryFolder(), 'data.gz');
  return { urls, file, maxBytes: BODY.length, verify };
}

const names = async ({ file }: DownloadOptions) => readdir(join(file, '..'));

/** The transfer came through: the file is whole and nothing else lies beside it. */
async function expectWhole(settings: DownloadOptions): Promise<void> {
  await verify(settings.file);
  expect(await names(settings)).toEqual(['data.gz']);
}

test('a file arrives whole, with progress', async () => {
  const server = await serve((request, response) => sendRange(request, response, BODY, ETAG));
  const settings = await options(`${server.url}a`);
  const seen: number[] = [];
  await downloadFromMirrors({
    ...settings,
    onProgress: ({ receivedBytes, totalBytes }) => {
      seen.push(receivedBytes);
      expect(totalBytes).toBe(BODY.length);
    },
  });
  await expectWhole(settings);
  expect(seen.at(-1)).toBe(BODY.length);
  expect(server.requests).toEqual(['GET /a']);
});

test('an interrupted transfer goes on where it stopped, if the file is still the same', async () => {
  const server = await serve((request, response, count) => {
    if (count === 1) breakAfter(response, BODY, 100_000, ETAG);
    else sendRange(request, response, BODY, ETAG);
  });
  const settings = await options(`${server.url}a`);
  await downloadFromMirrors(settings);
  await expectWhole(settings);
  expect(server.requests).toEqual(['GET /a', 'GET /a bytes=100000- "v1"']);
});

test('a file that changed between two attempts is fetched anew', async () => {
  const old = Uint8Array.from(BODY, (byte) => byte ^ 255);
  const server = await serve((request, response, count) => {
    if (count === 1) breakAfter(response, old, 100_000, '"v0"');
    else sendRange(request, response, BODY, ETAG);
  });
  const settings = await options(`${server.url}a`);
  await downloadFromMirrors(settings);
  await expectWhole(settings);
  expect(server.requests[1]).toBe('GET /a bytes=100000- "v0"');
});

test('a server that ignores the range is read from the first byte', async () => {
  const server = await serve((_, response, count) => {
    if (count === 1) breakAfter(response, BODY, 100_000);
    else response.writeHead(200).end(BODY);
  });
  const settings = await options(`${server.url}a`);
  await downloadFromMirrors(settings);
  await expectWhole(settings);
  expect(server.requests[1]).toBe('GET /a bytes=100000-');
});

test('a later call goes on with what an aborted one left', async () => {
  const server = await serve((request, response, count) => {
    if (count === 1) response.writeHead(200, { etag: ETAG }).write(BODY.subarray(0, 100_000));
    else sendRange(request, response, BODY, ETAG);
  });
  const settings = await options(`${server.url}a`);
  const abort = new AbortController();
  const first = downloadFromMirrors({
    ...settings,
    signal: abort.signal,
    onProgress: ({ receivedBytes }) => {
      if (receivedBytes === 100_000) abort.abort(new Error('stopped by the user'));
    },
  });
  await expect(first).rejects.toThrow('stopped by the user');
  expect(await names(settings)).toEqual(['data.gz.part']);
  await downloadFromMirrors(settings);
  await expectWhole(settings);
  expect(server.requests).toEqual(['GET /a', 'GET /a bytes=100000-']);
});

test('the part of a killed process is taken over, the part of a running one is not', async () => {
  const server = await serve((request, response) => sendRange(request, response, BODY, ETAG));
  const settings = await options(`${server.url}a`);
  const host = hostname().replace(/[^A-Za-z0-9]/g, '_');
  const dead = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
  const running = `data.gz.${host}-${process.pid}-0123456789ab.part`;
  await writeFile(join(settings.file, '..', running), BODY.subarray(0, 7));
  await writeFile(`${settings.file}.${host}-${dead}-0123456789ab.part`, BODY.subarray(0, 50));
  await downloadFromMirrors(settings);
  await verify(settings.file);
  expect(server.requests).toEqual(['GET /a bytes=50-']);
  expect(await names(settings)).toEqual(['data.gz', running]);

  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  await utimes(join(settings.file, '..', running), longAgo, longAgo);
  await downloadFromMirrors(settings);
  expect(server.requests[1]).toBe('GET /a bytes=7-');
  await expectWhole(settings);
});

test('a part that turns out wrong costs one clean start, not the download', async () => {
  const server = await serve((request, response) => sendRange(request, response, BODY, ETAG));
  const settings = await options(`${server.url}a`);
  for (const left of [new Uint8Array(1000).fill(9), new Uint8Array(BODY.length).fill(9)]) {
    await writeFile(`${settings.file}.part`, left);
    await downloadFromMirrors(settings);
    await expectWhole(settings);
  }
  expect(server.requests).toEqual([
    'GET /a bytes=1000-',
    'GET /a',
    `GET /a bytes=${BODY.length}-`,
    'GET /a',
  ]);
});

test('a wrong checksum is refused and the next mirror asked', async () => {
  const wrong = await serve((_, response) => response.writeHead(200).end('captive portal'));
  const right = await serve((request, response) => sendRange(request, response, BODY, ETAG));
  const settings = await options(`${wrong.url}a`, `${right.url}b`);
  await downloadFromMirrors(settings);
  await expectWhole(settings);
  expect(wrong.requests).toEqual(['GET /a']);
  expect(right.requests).toEqual(['GET /b']);
});

test('nothing is published or kept when every mirror sends wrong bytes', async () => {
  const wrong = await serve((_, response) => response.writeHead(200).end('captive portal'));
  const settings = await options(`${wrong.url}a`);
  const failure = downloadFromMirrors(settings);
  await expect(failure).rejects.toThrow(DownloadError);
  await expect(failure).rejects.toThrow(`${wrong.url}a: refused (14 bytes): other bytes`);
  expect(await names(settings)).toEqual([]);
});

test('a server that resumes at another byte than asked is read from the first byte', async () => {
  const server = await serve((request, response, count) => {
    if (count > 1) return sendRange(request, response, BODY, ETAG);
    const range = `bytes 500-${BODY.length - 1}/${BODY.length}`;
    response.writeHead(206, { 'content-range': range }).end(BODY.subarray(500));
  });
  const settings = await options(`${server.url}a`);
  await writeFile(`${settings.file}.part`, BODY.subarray(0, 1000));
  await downloadFromMirrors(settings);
  await expectWhole(settings);
  expect(server.requests).toEqual(['GET /a bytes=1000-', 'GET /a']);
});

test('a file that is too large is refused by its length, or while it comes', async () => {
  const larger = new Uint8Array(BODY.length + 1);
  let sent = 0;
  const server = await serve((request, response) => {
    if (request.url === '/told') {
      response.writeHead(200, { 'content-length': larger.length }).flushHeaders();
      return;
    }
    const endless = () => {
      while (sent < 1e9 && response.write(larger)) sent += larger.length;
      if (!response.closed) response.once('drain', endless);
    };
    endless();
  });
  const settings = await options(`${server.url}told`, `${server.url}endless`);
  await expect(downloadFromMirrors(settings)).rejects.toThrow(
    /told: too large: 300001 bytes .*endless: too large: \d+ bytes \(or more\), at most 300000/,
  );
  expect(server.requests).toEqual(['GET /told', 'GET /endless']);
  expect(await names(settings)).toEqual([]);
});

test('404 is not tried twice, 503 once more, and both are named', async () => {
  const server = await serve((request, response) =>
    response.writeHead(request.url === '/gone' ? 404 : 503).end('no'),
  );
  const settings = await options(`${server.url}gone`, `${server.url}busy`);
  await expect(downloadFromMirrors(settings)).rejects.toThrow(
    /gone: HTTP status 404; .*busy: HTTP status 503/,
  );
  expect(server.requests).toEqual(['GET /gone', 'GET /busy', 'GET /busy']);
});

test('a host that nobody answers at is named with the reason', async () => {
  const settings = await options('http://127.0.0.1:1/a');
  await expect(downloadFromMirrors(settings)).rejects.toThrow('http://127.0.0.1:1/a: ');
});

test('a silent server and an endless trickle run into their time limits', async () => {
  const server = await serve((request, response) => {
    response.writeHead(200).write('x');
    if (request.url !== '/trickle') return;
    const timer = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(timer));
  });
  const settings = await options(`${server.url}silent`, `${server.url}trickle`);
  const limits = { idleTimeoutMs: 200, totalTimeoutMs: 600 };
  await expect(downloadFromMirrors({ ...settings, ...limits })).rejects.toThrow(
    /silent: silent for 200 ms; .*trickle: not finished after 600 ms/,
  );
});

test('a body that was compressed on the way is never resumed: its ranges are others', async () => {
  const packed = gzipSync(BODY, { level: 0 });
  const server = await serve((request, response, count) => {
    const encoding = { 'content-encoding': 'gzip', 'content-length': packed.length, etag: ETAG };
    if (count === 3) return sendRange(request, response, BODY, ETAG);
    response.writeHead(200, encoding);
    response.write(packed.subarray(0, 200_000), () => setTimeout(() => response.destroy(), 50));
  });
  const settings = await options(`${server.url}a`);
  await expect(downloadFromMirrors(settings)).rejects.toThrow(DownloadError);
  expect(await names(settings)).toEqual([]);
  await downloadFromMirrors(settings);
  await expectWhole(settings);
  expect(server.requests).toEqual(['GET /a', 'GET /a', 'GET /a']);
});

test('downloads of one file at once do not disturb each other', async () => {
  const server = await serve((request, response, count) => {
    if (count <= 2) breakAfter(response, BODY, 50_000 * count, ETAG);
    else sendRange(request, response, BODY, ETAG);
  });
  const settings = await options(`${server.url}a`);
  await Promise.all([1, 2, 3, 4].map(() => downloadFromMirrors(settings)));
  await expectWhole(settings);
});
