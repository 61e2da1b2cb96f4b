// Tabs of a real browser, headless Chromium, as workers of a run: it ends with the bits of one thread, whatever happens to them.
// Skipped where there is none: Debian has it (`apt install chromium`); elsewhere CHROMIUM says where it is.
import { writeFileSync } from 'node:fs';
import { type FaultProxy, startProxy, testCertificates } from '@lockstep/transport/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { barriers, CHROMIUM, launch, picture } from '../dashboard/browser.js';
import { isLong, some } from '../long.js';
import { type Cluster, clusters, outcomeOf, TOKEN } from './cluster.js';

const { cluster, expected, path } = clusters(8);

describe.skipIf(CHROMIUM === undefined)(
  'tabs of Chromium (skipped where it is not installed)',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      // The certificate of the tests is of an authority that nobody knows.
      browser = await launch('--ignore-certificate-errors');
    });
    afterAll(() => browser.close());

    const proxies: FaultProxy[] = [];
    const troubles: string[] = [];
    afterEach(async () => {
      for (const context of browser.contexts()) await context.close();
      await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
      expect(troubles.splice(0)).toEqual([]);
    });

    const addressOf = ({ url }: Cluster): string =>
      `${url.replace(/^ws/, 'http')}/#token=${encodeURIComponent(TOKEN)}`;

    /** A tab with so many threads, in a browser profile of its own; `before` runs in it before the page's own program. What its console says ends up in `troubles`. */
    async function tab(
      it: Cluster,
      {
        threads = 1,
        address = addressOf(it),
        before = () => {},
        ...device
      }: { threads?: number; address?: string; before?: () => void } & BrowserContextOptions = {},
    ): Promise<Page> {
      const context = await browser.newContext(device);
      const page = await context.newPage();
      page.on('console', (said) => {
        // A link that is lost on purpose is told by the browser itself.
        if (said.type() === 'error' && !/WebSocket connection/.test(said.text()))
          troubles.push(said.text());
      });
      page.on('pageerror', (error) => troubles.push(error.message));
      await page.addInitScript(
        (share) => localStorage.setItem('lockstep-share', share),
        String(threads),
      );
      await page.addInitScript(before);
      await page.goto(address);
      return page;
    }

    async function started(...more: readonly string[]): Promise<Cluster> {
      const it = cluster('--browser', ...more);
      await it.startCoordinator();
      return it;
    }

    /** Workers of Node behind a line that a test can slow down. */
    async function startSlowable(it: Cluster, ...names: readonly string[]): Promise<FaultProxy> {
      const proxy = await startProxy(Number(new URL(it.url).port));
      proxies.push(proxy);
      for (const name of names) it.startWorkerAt(`ws://127.0.0.1:${proxy.port}`, name, 1);
      return proxy;
    }

    it('a tab alone trains the run, on one thread or several, and says its hash', async () => {
      const it = await started('--min-workers', '1');
      const page = await tab(it, { threads: 2 });
      expect(outcomeOf(await it.finish())).toEqual(expected());
      await page.getByRole('heading', { name: 'The run is over' }).waitFor();
      await page.getByText(String(expected().weightsHash)).waitFor();
      expect(await page.evaluate('crossOriginIsolated')).toBe(true);
    });

    it.runIf(isLong)('a tab beside a worker of Node is dealt shards', async () => {
      const it = await started('--min-workers', '2');
      await tab(it);
      it.startWorker('w0', 1);
      expect(outcomeOf(await it.finish())).toEqual(expected());
      const [generation] = it.log().filter(({ event }) => event === 'generation');
      expect(generation).toMatchObject({
        topology: 'star',
        members: expect.arrayContaining(['w0']),
      });
    });

    it('a tab comes over TLS, too', async () => {
      const { server } = testCertificates();
      writeFileSync(path('cert.pem'), server.cert);
      writeFileSync(path('key.pem'), server.key);
      const it = await started('--tls-cert', path('cert.pem'), '--tls-key', path('key.pem'));
      await tab(it);
      expect(outcomeOf(await it.finish())).toEqual(expected());
    });

    it.runIf(isLong)('an audited run agrees with what tabs compute', async () => {
      const it = await started('--min-workers', '3', '--audit', '0.5');
      await tab(it, { threads: 2 });
      it.startWorker('w0', 1);
      // The second thread begins when the first has joined.
      expect(outcomeOf(await it.finish())).toEqual(expected());
    });

    /**
     * A tab, w0 and w1, at work. The two exchange over a slow line from then on, so that the run does not end before what is
     * to happen has: one alone would exchange nothing.
     */
    async function atWork(...more: readonly string[]) {
      const it = await started('--min-workers', '3', '--topology', 'star', ...more);
      const line = await startSlowable(it, 'w0', 'w1');
      const page = await tab(it);
      await it.tells('epoch-end');
      line.delay(50);
      const end = async (): Promise<void> => {
        line.delay(0);
        expect(outcomeOf(await it.finish())).toEqual(expected());
      };
      return { it, page, end };
    }

    it('a tab that is closed loses nothing, and another takes its place', async () => {
      const { it, page, end } = await atWork();
      await page.close();
      await it.tells('worker-lost');
      await tab(it);
      await it.tells('worker-joined', 4);
      await end();
    });

    it('two workers of Node and two tabs end with the bits of one thread, though one of each is killed and replaced', async () => {
      const it = await started('--min-workers', '4');
      const line = await startSlowable(it, 'w0');
      it.startWorker('w1', 1);
      const page = await tab(it);
      await tab(it);
      await it.tells('epoch-end');
      line.delay(50);
      it.workers.get('w1')!.child.kill('SIGKILL');
      await it.tells('worker-lost');
      await page.close();
      await it.tells('worker-lost', 2);
      it.startWorker('w2', 1);
      await tab(it);
      await it.tells('worker-joined', 6);
      const epochs = it.log().filter(({ event }) => event === 'epoch-end').length;
      await it.tells('epoch-end', epochs + 1);
      line.delay(0);
      expect(outcomeOf(await it.finish())).toEqual(expected());
    });

    it.runIf(isLong)('a tab that is loaded again loses nothing, and joins anew', async () => {
      const { it, page, end } = await atWork();
      await page.reload();
      // Nobody wanted to leave, and nothing was handed over.
      expect(await it.tells('worker-lost')).toMatchObject({ left: false });
      await it.tells('worker-joined', 4);
      await end();
    });

    it('a tab that its browser has frozen, which may leave its threads alone, loses nothing', async () => {
      const { it, page, end } = await atWork('--heartbeat-timeout-ms', '1000');
      const devtools = await page.context().newCDPSession(page);
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
      const told = it.log().filter(({ event }) => event === 'epoch-end').length;
      await it.tells('epoch-end', told + 1);
      await devtools.send('Page.setWebLifecycleState', { state: 'active' });
      await end();
    });

    it.runIf(isLong)(
      'a tab whose process stands still is lost though its browser lives, and joins with what it holds',
      async () => {
        const { it, page, end } = await atWork('--heartbeat-timeout-ms', '1000');
        const devtools = await browser.newBrowserCDPSession();
        const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
        const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
        for (const id of renderers) process.kill(id, 'SIGSTOP');
        try {
          expect((await it.tells('worker-lost')).reason).toMatch(/silent/);
        } finally {
          for (const id of renderers) process.kill(id, 'SIGCONT');
        }
        await page.getByText(/joined, and brings step/).waitFor();
        await it.tells('worker-joined', 4);
        await end();
      },
    );

    it('a tab in the background leaves in order, and goes on when it is told to or seen again', async () => {
      const { it, page, end } = await atWork();
      const hide = (isHidden: boolean) =>
        page.evaluate((is) => {
          Object.defineProperty(document, 'hidden', { value: is, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }, isHidden);
      await hide(true);
      expect((await it.tells('worker-lost')).reason).toBe('left: the tab is in the background');
      await hide(false);
      await it.tells('worker-joined', 4);
      await page.getByLabel('Go on in the background and on battery').check();
      await hide(true);
      await page.getByRole('button', { name: 'Stop' }).click();
      expect((await it.tells('worker-lost', 2)).reason).toBe('left: stopped by its user');
      await page.getByText('Since you stopped it').waitFor();
      await page.getByRole('button', { name: 'Start' }).click();
      await it.tells('worker-joined', 5);
      await end();
      expect(it.log().filter(({ event }) => event === 'worker-joined').length).toBe(5);
    });

    it('the slider adds threads and sends them away in order, and the page remembers it', async () => {
      const { it, page, end } = await atWork();
      const slide = (threads: number) =>
        page.getByRole('slider').evaluate((slider, to) => {
          (slider as HTMLInputElement).value = String(to);
          slider.dispatchEvent(new Event('change'));
        }, threads);
      await slide(2);
      expect((await it.tells('worker-joined', 4)).name).toMatch(/\/2$/);
      await slide(1);
      expect(await it.tells('worker-lost')).toMatchObject({
        name: expect.stringMatching(/\/2$/),
        reason: 'left: its user wants fewer threads to compute',
      });
      expect(await page.evaluate(() => localStorage.getItem('lockstep-share'))).toBe('1');
      await end();
    });

    it.runIf(isLong)(
      'a device on battery does not compute, and does once it is plugged in',
      async () => {
        const it = await started('--min-workers', '2');
        it.startWorker('w0', 1);
        const page = await tab(it, {
          before: () => {
            const battery = Object.assign(new EventTarget(), { charging: false });
            Object.assign(navigator, { getBattery: async () => battery });
            Object.assign(globalThis, { battery });
          },
        });
        await page.getByText('Since the device is on battery').waitFor();
        await page.evaluate(() => {
          const { battery } = globalThis as unknown as {
            battery: { charging: boolean } & EventTarget;
          };
          battery.charging = true;
          battery.dispatchEvent(new Event('chargingchange'));
        });
        expect(outcomeOf(await it.finish())).toEqual(expected());
      },
    );

    it.each(
      some<[string, BrowserContextOptions]>(1, [
        ['on a phone, in the dark', { colorScheme: 'dark', viewport: { width: 390, height: 800 } }],
        [
          'on a desk, in the light',
          { colorScheme: 'light', viewport: { width: 1200, height: 900 } },
        ],
      ]),
    )('the page keeps nobody out, %s', async (name, device) => {
      const it = await started('--min-workers', '2');
      await startSlowable(it, 'w0');
      const page = await tab(it, { threads: 2, ...device });
      await page.getByText(/Computing on/).waitFor();
      expect(await barriers(page)).toEqual([]);
      await picture(page, `browser-worker ${name}`);
      expect(outcomeOf(await it.finish())).toEqual(expected());
      await page.getByRole('heading', { name: 'The run is over' }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await picture(page, `browser-worker, over, ${name}`);
    });

    it('a page without the token asks for it, and a wrong one is refused in words', async () => {
      const it = await started('--min-workers', '1');
      const page = await tab(it, { address: addressOf(it).replace(/#.*/, '') });
      await page.getByLabel('Token').fill('a wrong token, to be refused');
      await page.getByRole('button', { name: 'Join' }).click();
      await page.getByText('the token is wrong').waitFor();
      await page.goto(addressOf(it));
      expect(outcomeOf(await it.finish())).toEqual(expected());
    });

    it('data is fetched once by a browser, and kept', async () => {
      const it = await started('--min-workers', '2');
      const line = await startSlowable(it, 'w0');
      const page = await tab(it);
      await page.getByText('from the coordinator').first().waitFor();
      await it.tells('epoch-end');
      line.delay(100);
      await page.reload();
      await page.getByText('kept by this browser').first().waitFor();
      line.delay(0);
      expect(outcomeOf(await it.finish())).toEqual(expected());
    });
  },
);
