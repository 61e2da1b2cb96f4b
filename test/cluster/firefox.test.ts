// Tabs of Firefox as workers of a run, models in its pages, and the page that watches: the bits of one thread, and those of Node. It is driven over
// WebDriver BiDi, which Firefox has built in. Skipped where there is none: Debian has it (`apt install firefox-esr`); elsewhere
// FIREFOX says where it is. What happens to tabs is tested in Chromium.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeModel } from '@lockstep/core';
import { startProxy } from '@lockstep/transport/testing';
import { build } from 'esbuild';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { invent, messagesOf } from '../../apps/dashboard/src/page/testing/invented.js';
import { answersOf } from '../dashboard/in-page.js';
import { samplesOf } from '../dashboard/model-server.js';
import { PageServer } from '../dashboard/page-server.js';
import { convolutions, flowers, language } from '../dashboard/trained-runs.js';
import { type Cluster, clusters, outcomeOf, TOKEN } from './cluster.js';

const FIREFOX = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find(
  (path) => path !== undefined && existsSync(path),
);
const HERE = dirname(fileURLToPath(import.meta.url));

const { cluster, expected } = clusters(8);

describe.skipIf(FIREFOX === undefined)('Firefox (skipped where it is not installed)', () => {
  let browser: Browser;
  const pages: Page[] = [];
  beforeAll(async () => {
    browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: FIREFOX!,
      headless: true,
    });
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) if (!page.isClosed()) await page.close();
  });
  afterAll(() => browser?.close());

  async function opened(address: string): Promise<Page> {
    const page = await browser.newPage();
    pages.push(page);
    await page.goto(address);
    return page;
  }

  /** A tab that computes on one thread. */
  async function tab({ url }: Cluster): Promise<Page> {
    const page = await opened('about:blank');
    await page.evaluateOnNewDocument(() => localStorage.setItem('lockstep-share', '1'));
    await page.goto(`${url.replace(/^ws/, 'http')}/#token=${encodeURIComponent(TOKEN)}`);
    return page;
  }

  it('a tab alone trains the run, and says its hash', async () => {
    const it = cluster('--browser', '--min-workers', '1');
    await it.startCoordinator();
    const page = await tab(it);
    expect(outcomeOf(await it.finish())).toEqual(expected());
    await page.waitForSelector(`::-p-text(${expected().weightsHash})`);
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);
  });

  it('a tab beside workers of Node is closed, and another takes its place', async () => {
    const it = cluster('--browser', '--min-workers', '3', '--topology', 'star');
    await it.startCoordinator();
    const line = await startProxy(Number(new URL(it.url).port));
    try {
      const page = await tab(it);
      for (const name of ['w0', 'w1']) it.startWorkerAt(`ws://127.0.0.1:${line.port}`, name, 1);
      await it.tells('epoch-end');
      // The run does not end before what is to happen has: the two exchange over a slow line.
      line.delay(50);
      await page.close();
      await it.tells('worker-lost');
      await tab(it);
      await it.tells('worker-joined', 4);
      line.delay(0);
      expect(outcomeOf(await it.finish())).toEqual(expected());
    } finally {
      await line.close();
    }
  });

  it.each([
    ['convolutions', convolutions],
    ['values of named columns', () => flowers('petal_width')],
    ['a language model', language],
  ])('%s say in a page what they say in Node', async (_, run) => {
    const { outputFiles } = await build({
      entryPoints: [join(HERE, '../dashboard/in-page.ts')],
      ...{ bundle: true, platform: 'browser', format: 'iife', globalName: 'inPage' },
      ...{ write: false, logLevel: 'silent' },
    });
    const { trained, data } = await run();
    const model = encodeModel(trained);
    const piece = samplesOf(data, 0, 64);
    const page = await opened('about:blank');
    await page.evaluate(`${outputFiles[0]!.text}; globalThis.inPage = inPage;
      globalThis.unpacked = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));`);
    const packed = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    const told = await page.evaluate(
      `inPage.answersOf(unpacked('${packed(model)}'), [unpacked('${packed(piece)}')], 5)`,
    );
    expect(told).toBe(answersOf(model, [piece], 5));
  });

  it.each(['run', 'workers'])(
    'the tab %s of the page that watches has no complaint',
    async (tab) => {
      const server = new PageServer(messagesOf([invent({ id: 'mnist-one', isLive: true })]));
      try {
        const url = await server.listen();
        const page = await opened('about:blank');
        const complaints: string[] = [];
        page.on('pageerror', (error) => complaints.push(String(error)));
        page.on('console', (said) => {
          if (said.type() === 'error') complaints.push(said.text());
        });
        await page.goto(`${url}&tab=${tab}`);
        await page.waitForSelector('canvas');
        expect(complaints).toEqual([]);
      } finally {
        server.close();
      }
    },
  );
});
