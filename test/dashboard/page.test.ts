// The dashboard's page in a real browser, over invented runs, under the strictest policy that it can be served with.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type InventedRun,
  invent,
  messagesOf,
} from '../../apps/dashboard/src/page/testing/invented.js';
import { isLong } from '../long.js';
import { barriers, CHROMIUM, launch, type OpenPage, open, picture } from './browser.js';
import { PageServer } from './page-server.js';

const SIXTEEN = Array.from({ length: 16 }, (_, i) => `w${i}`);
const ONE = [invent({ id: 'mnist-one', isLive: true })];
const CLUSTER = [invent({ id: 'cluster', isLive: true, workers: SIXTEEN, threads: 4 })];
const THREE = [
  invent({ id: 'first', isLive: true }),
  invent({ id: 'second', learningRate: 0.01, samples: 200 }),
  invent({ id: 'third', learningRate: 0.0001, workers: ['w0', 'w1'] }),
];
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const skip = CHROMIUM === undefined;
describe.skipIf(skip)('in Chromium (skipped where it is not installed)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  const servers: PageServer[] = [];
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    for (const server of servers.splice(0)) server.close();
  });

  /** Serves the runs, and opens the page of them. */
  async function visit(
    runs: readonly InventedRun[],
    options: Parameters<typeof open>[2] & { readonly place?: string } = {},
  ): Promise<OpenPage & { readonly server: PageServer }> {
    const server = new PageServer(messagesOf(runs));
    servers.push(server);
    const url = await server.listen();
    const { place = '', ...rest } = options;
    return { ...(await open(browser, url + place, rest)), server };
  }

  describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
    const colours = colorScheme === 'light' ? 0 : 1;
    const all = [
      ['run', 'one', ONE, {}],
      ['run', 'three', THREE, {}],
      ['run', 'phone', ONE, PHONE],
      ['workers', 'phone', CLUSTER, PHONE],
      ['workers', 'one', ONE, {}],
      ['workers', 'cluster', CLUSTER, {}],
    ] as const;
    // Each of them in one of the two.
    test.each(isLong ? all : all.filter((_, i) => i % 2 === colours))(
      'the tab %s (%s) has no barrier and no complaint',
      async (tab, name, runs, on) => {
        const visited = await visit(runs, { ...on, colorScheme, place: `&tab=${tab}` });
        const { page, complaints } = visited;
        await page.locator('canvas').first().waitFor();
        await picture(page, `${tab}-${name}-${colorScheme}`);
        expect(await barriers(page)).toEqual([]);
        const isWide = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        );
        expect(isWide, 'the page scrolls sideways').toBe(false);
        expect(complaints).toEqual([]);
      },
    );
  });

  test('what is heard is shown as it comes: numbers, the end, another run', async () => {
    const visited = await visit(ONE);
    const { page, server } = visited;
    const [run] = ONE as [InventedRun];
    await page.getByText('Training', { exact: true }).waitFor();
    server.tell({
      type: 'sample',
      run: run.info.id,
      sample: { ...run.samples.at(-1)!, step: 4321 },
    });
    await page.locator('.numbers dd', { hasText: '4321' }).waitFor();
    const ended = invent({ id: run.info.id });
    server.tell({ type: 'event', run: run.info.id, event: ended.events.at(-1)! });
    await page.getByText('Ended', { exact: true }).waitFor();
    server.tell({ type: 'runs', runs: [run.info, invent({ id: 'another' }).info] });
    await page.getByRole('button', { name: 'another' }).click();
    await page.getByRole('heading', { level: 2, name: 'another' }).waitFor();
  });

  test('a run that another process trains is said to be there, and one that was killed to be interrupted', async () => {
    const { info, events, samples } = invent({ id: 'elsewhere', isLive: true });
    const can = { stop: false, checkpoint: false, dropWorker: false };
    const { page, server } = await visit([{ info: { ...info, can }, events, samples }]);
    await page.getByText('in another process').waitFor();
    expect(await page.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0);
    const again = 'lockstep train --resume runs/elsewhere';
    server.tell({ type: 'runs', runs: [{ ...info, can, again, isLive: false }] });
    await page.getByText('Interrupted', { exact: true }).waitFor();
    await page.getByText(/^its process is gone; step \d+ is saved$/).waitFor();
    await page.getByText(again).waitFor();
    await page.getByText('connected', { exact: true }).waitFor();
  });

  test('a stream that breaks is taken up again, and the page says so', async () => {
    const visited = await visit(ONE);
    const { page, server, complaints } = visited;
    await page.getByText('live', { exact: true }).waitFor();
    server.breakStreams();
    await page.getByText('connection lost, trying again').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    expect(await page.locator('.chart').count()).toBeGreaterThan(4);
    expect(complaints.filter((text) => !/ERR_/.test(text))).toEqual([]);
  });

  test('a command that is killed takes the standing and the buttons with it, and brings them back when it answers', async () => {
    const visited = await visit(CLUSTER);
    const { page, server } = visited;
    const stop = page.getByRole('button', { name: 'Stop', exact: true });
    await page.getByText('Training', { exact: true }).waitFor();
    await page.getByText('Time left').waitFor();
    expect(await stop.isEnabled()).toBe(true);
    server.close();
    await page.getByText('Unknown', { exact: true }).waitFor();
    await page.getByText('does not answer: it was killed, or cannot be reached').waitFor();
    await page.getByText('lockstep dashboard runs/cluster').waitFor();
    expect(await page.getByText('Training', { exact: true }).count()).toBe(0);
    expect(await page.getByText('Time left').count()).toBe(0);
    expect(await stop.isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Checkpoint' }).isDisabled()).toBe(true);
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Workers' }).click();
    expect(await page.getByRole('button', { name: 'Drop w3' }).isDisabled()).toBe(true);
    await page.getByRole('tab', { name: 'Run' }).click();
    await server.listen();
    await page.getByText('Training', { exact: true }).waitFor();
    expect(await stop.isEnabled()).toBe(true);
    expect(await page.getByText('does not answer').count()).toBe(0);
  });

  test('a run that is stopped says where and what goes on with it; the page stays when its server ends', async () => {
    const visited = await visit(CLUSTER);
    const { page, server, complaints } = visited;
    const [run] = CLUSTER as [InventedRun];
    await page.getByText('Training', { exact: true }).waitFor();
    const sample = { ...run.samples.at(-1)!, waitsFor: 'waiting for workers: 0 of 2' };
    server.tell({ type: 'sample', run: run.info.id, sample });
    await page.getByText('Waiting', { exact: true }).waitFor();
    await page.getByText('for workers: 0 of 2', { exact: true }).waitFor();
    const again = 'lockstep coordinator --resume runs/cluster';
    const can = { stop: false, checkpoint: false, dropWorker: false };
    const event = { event: 'interrupted', time: run.events[0]!.time, step: 3000 } as const;
    const stopped = { ...event, saved: 3000, reason: 'stopped by its page' };
    server.tell({ type: 'event', run: run.info.id, event: stopped });
    server.tell({ type: 'runs', runs: [{ ...run.info, isLive: false, can, again }] });
    server.tell({ type: 'bye' });
    server.endStreams();
    server.hasOtherToken = true;
    await page.getByText('The command that served this page has ended').waitFor();
    await page.getByText('Stopped', { exact: true }).waitFor();
    await page
      .locator('.standing')
      .getByText('at step 3000, which is saved: stopped by its page', { exact: true })
      .waitFor();
    await page.getByText(again).waitFor();
    expect(await page.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0);
    expect(await barriers(page)).toEqual([]);
    // Somebody looks at it again, and another command is there.
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByText('Another server is at this address now').waitFor();
    expect(await page.locator('.chart').count()).toBeGreaterThan(4);
    expect(complaints.filter((text) => !/ERR_|401/.test(text))).toEqual([]);
  });

  test('a page without the token says what is wrong', async () => {
    const server = new PageServer([]);
    servers.push(server);
    const { page } = await open(browser, (await server.listen()).replace(/#.*/, ''));
    await page.getByText('Open the whole address that the command printed').waitFor();
  });

  test('keys alone: tabs, a chart, the lanes', async () => {
    const visited = await visit(CLUSTER);
    const { page } = visited;
    await page.getByRole('tab', { name: 'Run' }).focus();
    await page.keyboard.press('Tab');
    await page.locator('.plot').first().focus();
    await page.keyboard.press('ArrowLeft');
    await page
      .locator('.chart')
      .first()
      .getByText(/^step /)
      .waitFor();
    await page.keyboard.press('+');
    await page.getByRole('button', { name: 'Show all steps' }).waitFor();
    await page.keyboard.press('0');
    await page.getByText('Drag over a chart to zoom').waitFor();
    await page.getByRole('tab', { name: 'Run' }).focus();
    await page.keyboard.press('ArrowRight');
    const follow = page.getByRole('button', { name: 'Follow' });
    expect(await follow.getAttribute('aria-pressed')).toBe('true');
    await page.locator('.lane-canvas').focus();
    for (const key of ['+', '+', '+', 'ArrowLeft']) await page.keyboard.press(key);
    expect(await follow.getAttribute('aria-pressed')).toBe('false');
    await page.keyboard.press('End');
    expect(await follow.getAttribute('aria-pressed')).toBe('true');
    expect(page.url()).toContain('tab=workers');
  });

  test('a run is stopped once that was confirmed, and a worker is dropped', async () => {
    const visited = await visit(CLUSTER);
    const { page, server } = visited;
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Keep going' }).click();
    expect(server.asked).toEqual([]);
    const refusal = { code: 'usage', message: 'the run is over' };
    server.answers.set('POST /api/runs/cluster/stop', (response) =>
      response.writeHead(409).end(JSON.stringify(refusal)),
    );
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Stop the run' }).click();
    await page.getByText('the run is over').waitFor();
    await page.getByRole('tab', { name: 'Workers' }).click();
    const drop = 'POST /api/runs/cluster/drop-worker?name=w3';
    server.answers.set(drop, (response) => response.end());
    await page.getByRole('button', { name: 'Drop w3' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drop w3' }).click();
    await page.getByText('asked for').waitFor();
    expect(server.asked).toEqual(['POST /api/runs/cluster/stop', drop]);
  });

  test('several runs are compared: their differences first, those hidden that are not ticked', async () => {
    const visited = await visit(THREE);
    const { page } = visited;
    const first = page.locator('.config tbody tr').first();
    await first.waitFor();
    expect(await first.locator('th, td').allTextContents()).toEqual([
      'optimizer.learningRate',
      '0.001',
      '0.01',
      '0.0001',
    ]);
    const lines = page.locator('.chart').first().locator('.legend li');
    expect(await lines.count()).toBe(3);
    await page.getByRole('checkbox', { name: 'Compare second' }).uncheck();
    await expect.poll(() => lines.count()).toBe(2);
  });

  test('what was chosen stays: colours, smoothing, the tab', async () => {
    const visited = await visit(ONE, { colorScheme: 'light' });
    const { page } = visited;
    const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await back();
    await page.getByRole('button', { name: /^Colours: system/ }).click();
    await page.getByRole('button', { name: /^Colours: light/ }).click();
    await page.getByRole('checkbox', { name: 'Logarithmic' }).check();
    const dark = await back();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByRole('button', { name: /^Colours: dark/ }).waitFor();
    expect(await back()).toBe(dark);
    expect(await page.getByRole('checkbox', { name: 'Logarithmic' }).isChecked()).toBe(true);
  });

  test('names that look like HTML are text', async () => {
    const name = '<img src=x onerror="document.title=1">';
    const [run] = ONE as [InventedRun];
    const warning = { event: 'warning' as const, time: run.events[0]!.time, message: name };
    const visited = await visit([
      { ...run, info: { ...run.info, name }, events: [...run.events, warning] },
    ]);
    const { page, complaints } = visited;
    await page.getByRole('heading', { level: 2, name }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
