// The live page in a browser: how long it takes from the start of `train --dashboard`, and from opening the page, to the first curve;
// and how many frames a second it draws over a run of 16 workers that takes 1,000 steps a second. Chromium: Debian has it
// (`apt install chromium`), elsewhere CHROMIUM says where it is.
// Usage: node bench/page.mjs first-curve [rounds, 7]
//        node bench/page.mjs frames [seconds a tab, 10]
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DashboardServer } from '@lockstep/dashboard';
import { chromium } from 'playwright-core';

const LOCKSTEP = fileURLToPath(new URL('../apps/cli/bin/lockstep.js', import.meta.url));
const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);
const WORKERS = 16;
const STEPS_PER_SECOND = 1000;
const SAMPLE_MS = 100;
/** Of a run of some minutes: as many as the page is told of. */
const BEFORE = 2000;

function sorted(values) {
  return [...values].sort((a, b) => a - b);
}

/** @param share 0.5 is the median */
function quantile(values, share) {
  return sorted(values)[Math.min(values.length - 1, Math.floor(share * values.length))];
}

async function firstCurves(browser, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-page-'));
  const times = [];
  try {
    // The first one warms the disk and the browser up, and does not count.
    for (let round = 0; round <= rounds; round++) {
      const measured = await firstCurve(browser, join(folder, String(round)));
      if (round > 0) times.push(measured);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log('| from | to | median ms | least | most |\n| --- | --- | --: | --: | --: |');
  for (const [from, to, name] of [
    ['start of the command', 'its URL is printed', 'url'],
    ['URL is opened', 'something is drawn', 'painted'],
    ['URL is opened', 'first curve is drawn', 'opened'],
    ['start of the command', 'first curve is drawn', 'started'],
  ]) {
    const own = times.map((one) => Math.round(one[name]));
    console.log(
      `| ${from} | ${to} | ${quantile(own, 0.5)} | ${Math.min(...own)} | ${Math.max(...own)} |`,
    );
  }
}

async function firstCurve(browser, out) {
  const page = await browser.newPage();
  const begun = performance.now();
  const words = ['train', '--offline', '--epochs', '1000', '--out', out];
  const child = spawn(process.execPath, [LOCKSTEP, ...words, '--dashboard', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const url = await urlOf(child);
    const told = performance.now();
    await page.goto(url, { waitUntil: 'commit' });
    // A chart is there once it has a point; its value stands below it in the same frame.
    await page.waitForFunction(
      () => /\d/.test(document.querySelector('.chart .legend-value')?.textContent ?? ''),
      undefined,
      { polling: 'raf' },
    );
    const drawn = performance.now();
    const painted = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0].startTime,
    );
    return { url: told - begun, painted, opened: drawn - told, started: drawn - begun };
  } finally {
    child.kill('SIGKILL');
    await page.close();
  }
}

function urlOf(child) {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (piece) => {
      text += piece;
      const [url] = /http:\S+#token=\S+/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    });
    child.on('close', () => reject(new Error(`the command ended with: ${text}`)));
  });
}

/** A run that never was: the same sizes and rates as one of a cluster. */
class MadeUpRun {
  history = { events: [], samples: [] };
  #listeners = new Set();
  #step = 0;

  constructor() {
    const begin = Date.now() - BEFORE * SAMPLE_MS;
    for (let i = 1; i <= BEFORE; i++)
      this.history.samples.push(this.#sample(begin + i * SAMPLE_MS));
    this.history.events.push(this.#event('run-start', { run: 'made-up', epochs: 100, step: 0 }));
  }

  get info() {
    return {
      ...{ id: 'made-up', name: 'made up', folder: null, command: 'coordinator', isLive: true },
      can: { stop: true, checkpoint: true, dropWorker: true },
      config: { batchSize: 64, 'optimizer.learningRate': 0.001, 'network.loss': 'cross-entropy' },
      datasets: [],
    };
  }

  listen(listener) {
    this.#listeners.add(listener);
    const timer = setInterval(() => this.#tell('sample', this.#sample(Date.now())), SAMPLE_MS);
    const events = setInterval(() => this.#tellEvents(), 1000);
    return () => {
      clearInterval(timer);
      clearInterval(events);
    };
  }

  #tell(type, value) {
    for (const { hear } of this.#listeners) hear({ type, run: 'made-up', [type]: value });
  }

  #tellEvents() {
    const loss = Math.exp(-this.#step / 200_000);
    const numbers = { trainLoss: loss, testLoss: loss, testAccuracy: 1 - loss };
    const metrics = { loss, accuracy: 1 - loss };
    const epoch = Math.floor(this.#step / 1000);
    this.#tell('event', this.#event('epoch-end', { epoch, step: this.#step, ...numbers, metrics }));
    for (const { hear } of this.#listeners)
      hear({ type: 'model', run: 'made-up', step: this.#step });
  }

  #event(event, more) {
    return { event, time: new Date().toISOString(), ...more };
  }

  #sample(at) {
    this.#step += (STEPS_PER_SECOND * SAMPLE_MS) / 1000;
    const names = Array.from({ length: WORKERS }, (_, i) => `worker-${i}`);
    const noise = () => 0.8 + 0.4 * Math.random();
    const none = { redoing: 0, resting: 0, evaluating: 0 };
    const loss = Math.exp(-this.#step / 200_000) * noise();
    return {
      ...{ at, ms: SAMPLE_MS, step: this.#step, steps: 1_000_000, epoch: 1, loss },
      ...{ learningRate: 0.001, gradientNorm: noise(), weightNorm: noise() },
      ...{ samplesPerSecond: 64_000 * noise(), secondsLeft: 900 },
      lanes: names.map((worker) => ({
        ...{ worker, thread: null },
        spent: { ...none, computing: 60 * noise(), sending: 15 * noise(), waiting: 15 * noise() },
      })),
      workers: names.map((name, i) => ({
        ...{ name, threads: 1, shards: { first: i, end: i + 1 }, computeMs: 0.6 * noise() },
        ...{ sendMs: 0.2, waitMs: 0.2 * noise(), roundTripMs: 0.3, bytes: 1e6 * noise() },
      })),
    };
  }
}

async function frames(browser, seconds) {
  const server = await DashboardServer.start({ host: '127.0.0.1', port: 0 });
  server.add(new MadeUpRun());
  console.log(
    `16 workers, 1,000 steps a second, ${seconds} s a tab.\n\n` +
      '| tab | frames/s | median ms | 99% within ms | longest ms | over 25 ms |\n| --- | --: | --: | --: | --: | --: |',
  );
  for (const tab of ['run', 'workers']) {
    const page = await browser.newPage({ viewport: { width: 1360, height: 900 } });
    await page.goto(`${server.url}&tab=${tab}`);
    await page.locator('canvas').first().waitFor();
    const times = await page.evaluate(framesFor, 1000 * seconds);
    const gaps = times.slice(1).map((at, i) => at - times[i]);
    const rate = (1000 * gaps.length) / (times.at(-1) - times[0]);
    const slow = gaps.filter((ms) => ms > 25).length;
    const shown = [rate, quantile(gaps, 0.5), quantile(gaps, 0.99), Math.max(...gaps)];
    console.log(
      `| ${[tab, ...shown.map((value) => value.toFixed(1)), `${slow} of ${gaps.length}`].join(' | ')} |`,
    );
    await page.close();
  }
  await server.close();
}

/** In the page. @returns when each frame was drawn, from the second after it settled on */
async function framesFor(ms) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const end = performance.now() + 1000;
  while (performance.now() < end) await frame();
  const times = [];
  do times.push(await frame());
  while (times.at(-1) - times[0] < ms);
  return times;
}

const [what, number] = process.argv.slice(2);
const measures = {
  'first-curve': (browser) => firstCurves(browser, Number(number ?? 7)),
  frames: (browser) => frames(browser, Number(number ?? 10)),
};
if (!Object.hasOwn(measures, what) || CHROMIUM === undefined) {
  console.error(
    CHROMIUM === undefined
      ? 'there is no Chromium; CHROMIUM names it'
      : 'usage: node bench/page.mjs first-curve [rounds] | frames [seconds a tab]',
  );
  process.exitCode = 2;
} else {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  try {
    await measures[what](browser);
  } finally {
    await browser.close();
  }
}
