// The tabs Model and Try it as somebody uses them: on models that are trained here the page shows what they are and where they
// err, and answers what is drawn, typed or dropped. No error on the console, nothing that keeps people out.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { some } from '../long.js';
import { barriers, CHROMIUM, launch, type OpenPage, open, picture } from './browser.js';
import { type PageServer, type ServedRun, servePage } from './model-server.js';
import { convolutions, digits, flowers, language } from './trained-runs.js';

describe.skipIf(CHROMIUM === undefined)('in Chromium (skipped where it is not installed)', () => {
  let browser: Browser;
  let server: PageServer;
  let served: ServedRun;

  beforeAll(async () => {
    browser = await launch();
    served = await digits();
    server = await servePage([
      served,
      await convolutions(),
      flowers('species'),
      flowers('petal_width'),
      language(),
    ]);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function shown(tab: string, run: string, options = {}): Promise<OpenPage> {
    const opened = await open(browser, server.url(tab, run), options);
    return opened;
  }

  async function done({ page, complaints }: OpenPage, name: string): Promise<void> {
    await picture(page, name);
    expect(await barriers(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  }

  describe.each(some(1, ['light', 'dark'] as const))('%s', (colorScheme) => {
    test('the tab Model of a classifier of pictures', async () => {
      const opened = await shown('model', 'digits', { colorScheme });
      const { page } = opened;
      await page.getByText('What is taken for what').waitFor();
      const { accuracy } = served.trained.evaluate(served.data);
      expect(await page.locator('.model-head').textContent()).toContain(
        `at step 100: ${(100 * accuracy!).toFixed(1)}\u2009% right`,
      );
      expect(await page.locator('.tile').count()).toBe(64);
      expect(await page.getByText('layers.0', { exact: true }).count()).toBe(2);
      await done(opened, `model-digits-${colorScheme}`);
    });

    test('the tab Try it, with a digit that is drawn', async () => {
      const opened = await shown('try', 'digits', { colorScheme });
      const { page } = opened;
      await page.locator('canvas.board').waitFor();
      await draw(page, [
        [0.3, 0.25],
        [0.7, 0.25],
        [0.45, 0.85],
      ]);
      await page.locator('.class-bar.most', { hasText: '7' }).waitFor();
      await done(opened, `try-seven-${colorScheme}`);
    });
  });

  test('a cell of the confusion matrix is reached by the keyboard, and shows its samples', async () => {
    const opened = await shown('model', 'digits');
    const { page } = opened;
    const grid = page.getByRole('grid', { name: 'Confusion matrix' });
    await grid.locator('[data-cell="0 0"]').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight'])
      await page.keyboard.press(key);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-cell'))).toBe(
      '2 2',
    );
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '2, said to be 2' }).waitFor();
    expect(await page.locator('.sample-pictures > li').count()).toBe(24);
    await page.getByRole('button', { name: 'The worst errors' }).click();
    await page.getByRole('heading', { name: 'The worst errors' }).waitFor();
    await done(opened, 'model-cell');
  });

  test('a newer model is taken when it comes, and its spreads stand beside those of the one before', async () => {
    const opened = await shown('model', 'digits');
    const { page } = opened;
    await page.getByText('What is taken for what').waitFor();
    expect(await page.locator('.model-step').textContent()).toBe('100');
    server.publish('digits', (await digits(1)).trained, 250);
    await page.locator('.model-step', { hasText: '250' }).waitFor();
    await page.locator('.axis-steps', { hasText: '100 – 250' }).first().waitFor();
    await done(opened, 'model-newer');
  });

  test('a digit that is drawn by the keyboard is seen, and Delete clears it', async () => {
    const opened = await shown('try', 'digits');
    const { page } = opened;
    await page.locator('canvas.board').focus();
    await repeat(page, 'ArrowUp', 9);
    await page.keyboard.press(' ');
    await repeat(page, 'ArrowDown', 18);
    await page.locator('.class-bar.most', { hasText: '1' }).waitFor();
    await page.keyboard.press('Delete');
    await page.getByText('Nothing yet').waitFor();
    await done(opened, 'try-keyboard');
  });

  test('a sample of the dataset is tried by its number', async () => {
    const opened = await shown('try', 'digits');
    const { page } = opened;
    await page.getByLabel('Number').fill('0');
    await page.getByText('Sample 0 is 7.').waitFor();
    await page.locator('.class-bar.most', { hasText: '7' }).waitFor();
    await done(opened, 'try-sample');
  });

  test('convolutions show their filters', async () => {
    const opened = await shown('model', 'lenet');
    const { page } = opened;
    await page.getByText('What is taken for what').waitFor();
    expect(await page.locator('.tile').count()).toBe(6);
    await done(opened, 'model-lenet');
  });

  test('a digit that is drawn is seen in the maps of each convolution', async () => {
    const tried = await shown('try', 'lenet');
    await tried.page.locator('canvas.board').waitFor();
    await draw(tried.page, circle());
    await tried.page.locator('.class-bar.most', { hasText: '0' }).waitFor();
    await tried.page.getByText('conv2', { exact: true }).waitFor();
    await done(tried, 'try-lenet');
  });

  test('a model of named columns has a form, and answers as it changes', async () => {
    const opened = await shown('try', 'species');
    const { page } = opened;
    await page.getByLabel('petal_length').fill('1.3');
    await page.getByLabel('petal_width').fill('0.2');
    await page.locator('.class-bar.most', { hasText: 'setosa' }).waitFor();
    await page.getByLabel('petal_length').fill('');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('petal_length').fill('1.3');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await done(opened, 'try-species');
    const model = await shown('model', 'species');
    await model.page.getByText('What is taken for what').waitFor();
    await done(model, 'model-species');
  });

  test('a model of values shows what it says against what is right, and says why there is no matrix', async () => {
    const opened = await shown('model', 'petal-width');
    const { page } = opened;
    await page.getByText('so there is no confusion matrix').waitFor();
    await done(opened, 'model-values');
    const tried = await shown('try', 'petal-width');
    await tried.page.locator('.values dd').waitFor();
    await done(tried, 'try-values');
  });

  test('a row of a table, and what is right for it, stand in their own units, and fill the form', async () => {
    const tried = await shown('try', 'petal-width');
    const { page } = tried;
    await page.getByRole('spinbutton', { name: 'Number' }).fill('3');
    const right = page.getByText(/^Sample 3: right is petal_width \d\.\d\.$/);
    await right.waitFor();
    for (const column of ['sepal_length', 'sepal_width', 'petal_length']) {
      expect(await page.getByLabel(column).inputValue(), column).toMatch(/^\d(\.\d)?$/);
    }
    // Asked by its row it is the same sample: nothing of it was lost in the form.
    const said = page.locator('.values dd');
    const before = await said.textContent();
    const length = page.getByLabel('petal_length');
    const own = await length.inputValue();
    await length.fill('0');
    await expect.poll(() => said.textContent()).not.toBe(before);
    await length.fill(own);
    await expect.poll(() => said.textContent()).toBe(before);
    await done(tried, 'try-row');
  });

  test('a language model shows its surprise, and goes on with a text', async () => {
    const opened = await shown('model', 'text');
    await opened.page.locator('.position').first().waitFor();
    await done(opened, 'model-text');
    const tried = await shown('try', 'text');
    const { page } = tried;
    await page.getByLabel('Prompt').fill('the cat ');
    await page.getByLabel('Tokens').fill('40');
    await page.getByLabel('Temperature').fill('0');
    await page.getByRole('button', { name: 'Write' }).click();
    const written = page.locator('.written[aria-busy="false"]', { hasText: 'the cat sat on the' });
    await written.waitFor();
    expect((await written.textContent())!.length).toBe('the cat '.length + 40);
    await done(tried, 'try-text');
  });

  test('on a phone nothing is wider than the screen', async () => {
    for (const tab of ['model', 'try']) {
      const opened = await shown(tab, 'digits', { viewport: { width: 380, height: 800 } });
      const { page } = opened;
      await page.locator(tab === 'model' ? '.confusion' : 'canvas.board').waitFor();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(380);
      await done(opened, `${tab}-phone`);
    }
  });
});

async function repeat(page: Page, key: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await page.keyboard.press(key);
}

type Stroke = readonly (readonly [x: number, y: number])[];

/** @param stroke points in shares of the sheet's side */
async function draw(page: Page, stroke: Stroke): Promise<void> {
  const { x, y, width, height } = (await page.locator('canvas.board').boundingBox())!;
  const [first, ...rest] = stroke.map(
    ([left, top]) => [x + left * width, y + top * height] as const,
  );
  await page.mouse.move(...first!);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point, { steps: 8 });
  await page.mouse.up();
}

function circle(): Stroke {
  return Array.from({ length: 25 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 24;
    return [0.5 + 0.2 * Math.cos(angle), 0.5 + 0.3 * Math.sin(angle)] as const;
  });
}
