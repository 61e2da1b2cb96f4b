// The tabs Model and Try it in a report: the network runs in a file that somebody opens from a disk, on the samples in it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeModel } from '@lockstep/core';
import { renderReport } from '@lockstep/dashboard';
import { describe, expect, test } from 'vitest';
import { barriers, CHROMIUM, launch, open, picture } from './browser.js';
import { samplesOf, toInfo } from './model-server.js';
import { digits } from './trained-runs.js';

/** Of 2,000. */
const SAMPLES = 300;

describe.skipIf(CHROMIUM === undefined)('in Chromium (skipped where it is not installed)', () => {
  test('a report shows its model, its errors, and answers', async () => {
    const run = { ...(await digits(1)), isLive: false };
    const { accuracy } = run.trained.evaluate({
      ...run.data,
      ...{ samples: SAMPLES, inputs: run.data.inputs.slice(0, 784 * SAMPLES) },
      targets: run.data.targets.slice(0, SAMPLES),
    });
    const html = renderReport({
      ...{ time: '2026-06-01T09:30:00.000Z', notes: [] },
      messages: [
        { type: 'runs', runs: [toInfo(run)] },
        { type: 'history', run: run.id, events: [], samples: [] },
        { type: 'model', run: run.id, step: 94 },
      ],
      models: [{ run: run.id, step: 94, bytes: encodeModel(run.trained) }],
      samples: [{ runs: [run.id], dataset: 'test', bytes: samplesOf(run.data, 0, SAMPLES) }],
    });
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-report-'));
    const file = join(folder, 'report.html');
    writeFileSync(file, html);
    const browser = await launch();
    try {
      const { page, complaints } = await open(browser, `${pathToFileURL(file).href}#tab=model`);
      await page.locator('.confusion').waitFor();
      expect(await page.locator('.model-head').textContent()).toContain(
        `at step 94: ${(100 * accuracy!).toFixed(1)}\u2009% right`,
      );
      expect(await page.locator('.model-head').textContent()).toContain('the first 300 of 2000');
      await picture(page, 'report-model');
      expect(await barriers(page)).toEqual([]);
      await page.getByRole('tab', { name: 'Try it' }).click();
      await page.getByLabel('Number').fill('0');
      await page.locator('.class-bar.most', { hasText: '7' }).waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
