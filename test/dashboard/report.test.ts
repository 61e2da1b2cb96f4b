// A report, as somebody opens it: one file from a disk, without a server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderReport } from '@lockstep/dashboard';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invent, messagesOf } from '../../apps/dashboard/src/page/testing/invented.js';
import { barriers, CHROMIUM, launch, open, picture } from './browser.js';

const RUNS = [invent({ id: 'first' }), invent({ id: 'second', learningRate: 0.01 })];
const HTML = renderReport({
  time: '2026-06-01T09:30:00.000Z',
  notes: ['Of 10 000 test samples the first 2000 are in it.'],
  messages: messagesOf(RUNS),
  models: [],
  samples: [],
});

test('is one file: it names no other', () => {
  expect(HTML).not.toMatch(/<(?:script|link|img)[^>]*\b(?:src|href)="(?!data:)/);
  expect(HTML).not.toMatch(/\bimport\(["'`]\.|from["']\.\//);
});

describe.skipIf(CHROMIUM === undefined)('in Chromium (skipped where it is not installed)', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-report-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('shows runs, charts and notes, and has nothing to press that needs a server', async () => {
    const file = join(folder, 'report.html');
    writeFileSync(file, HTML);
    const browser = await launch();
    try {
      const { page, complaints } = await open(browser, pathToFileURL(file).href);
      await page.locator('canvas').first().waitFor();
      await page.getByText('the first 2000 are in it').waitFor();
      expect(await page.locator('.chart').count()).toBeGreaterThan(4);
      expect(await page.getByRole('button', { name: 'Stop' }).count()).toBe(0);
      expect(await page.getByText('live', { exact: true }).count()).toBe(0);
      await picture(page, 'report');
      expect(await barriers(page)).toEqual([]);
      await page.getByRole('tab', { name: 'Workers' }).click();
      await page.locator('.lane-canvas canvas').waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
