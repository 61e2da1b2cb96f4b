// A page in a real browser, headless Chromium: it trains, and loads what Node trained, with the same bits.
// Skipped where there is none: Debian has it (`apt install chromium`); elsewhere CHROMIUM says where it is.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { answers, type Learnt, learn, load } from './flowers.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const BROWSER = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);
const CSV = readFileSync(join(HERE, '../../examples/data/iris.csv'), 'utf8');

interface Told {
  readonly learnt?: Learnt;
  readonly answers?: object;
  readonly isIsolated?: boolean;
  readonly error?: string;
}

/** Headers with which a page may share memory between threads. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Serves the page with its files until it has told what came of it. */
function serve(
  files: Readonly<Record<string, readonly [type: string, body: string | Uint8Array]>>,
  headers: Readonly<Record<string, string>>,
): { readonly server: Server; readonly told: Promise<Told> } {
  const server = createServer();
  const told = new Promise<Told>((resolve, reject) => {
    server.on('request', (request, response) => {
      if (request.method === 'POST') {
        text(request).then((body) => resolve(JSON.parse(body)), reject);
        response.end();
        return;
      }
      const [type, body] = files[request.url ?? ''] ?? ['text/plain', ''];
      response.writeHead(200, { ...headers, 'content-type': type }).end(body);
    });
  });
  return { server, told };
}

async function inBrowser(model: Uint8Array, headers: Readonly<Record<string, string>>) {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, 'page.ts')],
    ...{ bundle: true, platform: 'browser', format: 'iife', write: false, logLevel: 'silent' },
  });
  const { server, told } = serve(
    {
      '/': ['text/html', '<!doctype html><script src="/page.js"></script>'],
      '/page.js': ['text/javascript', outputFiles[0]!.text],
      '/iris.csv': ['text/csv', CSV],
      '/model.safetensors': ['application/octet-stream', model],
    },
    headers,
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const profile = mkdtempSync(join(tmpdir(), 'lockstep-chromium-'));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  const browser = spawn(BROWSER!, [...flags, `--user-data-dir=${profile}`, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Its children die with it.
    detached: true,
  });
  const closed = new Promise((resolve) => browser.on('close', resolve));
  const words = text(browser.stderr);
  try {
    const ended = closed.then(async (status): Promise<never> => {
      throw new Error(`the browser ended with ${status} and told nothing: ${await words}`);
    });
    return await Promise.race([told, ended]);
  } finally {
    process.kill(-browser.pid!, 'SIGKILL');
    await closed;
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true });
  }
}

describe.skipIf(BROWSER === undefined)('in Chromium (skipped where it is not installed)', () => {
  test.each([
    ['alone', {}, false],
    ['cross-origin isolated', ISOLATED, true],
  ])(
    'a page %s learns the same bits and loads a model that Node trained',
    async (_, headers, isIsolated) => {
      const learnt = await learn(CSV);
      const model = Uint8Array.from(Buffer.from(learnt.file, 'base64'));
      const told = await inBrowser(model, headers);
      expect(told.error).toBeUndefined();
      expect(told).toEqual({ learnt, answers: answers(load(model)), isIsolated });
    },
  );
});
