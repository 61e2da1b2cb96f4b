// The page of `coordinator --browser` as anybody gets it who opens the printed address: no browser is needed to see that it is
// whole, small, and from nowhere else.
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { type Cluster, clusters, RUN, TOKEN } from './cluster.js';

const { cluster, path, says } = clusters(1);

/** All of it, as it travels: what a phone loads before it computes. */
const MOST_BYTES = 250_000;

/** @returns the address that a coordinator prints for browsers */
async function printed(it: Cluster, env: Record<string, string>, out: string): Promise<string> {
  const flags = [...RUN, '--epochs', '1', '--port', '0', '--browser', '--out', path(out)];
  const coordinator = it.run(['coordinator', ...flags], env);
  await coordinator.holds('http://');
  await coordinator.holds('\n');
  return /^ {2}(http:\/\/\S+)$/m.exec(coordinator.errorText)![1]!;
}

/** Names of files in a text that is one of them. */
const namesIn = (text: string): string[] =>
  [...text.matchAll(/["'`(](?:\.\/)?([\w-]+-[\w-]{8}\.(?:js|css|svg))["'`)]/g)].map(
    ([, name]) => name!,
  );

it('the printed address has the token only where nobody else knows it', async () => {
  const it = cluster();
  expect(await printed(it, {}, 'made')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{24}$/);
  expect(await printed(it, { LOCKSTEP_TOKEN: TOKEN }, 'given')).toMatch(
    /^http:\/\/127\.0\.0\.1:\d+\/$/,
  );
});

it('the page is whole, small, and names no other place', async () => {
  const address = await printed(cluster(), {}, 'page');
  const files = new Map<string, string>();
  const due = [''];
  let bytes = 0;
  for (const name of due) {
    if (files.has(name)) continue;
    const answer = await fetch(new URL(name, address));
    expect(answer.status, name).toBe(200);
    const text = await answer.text();
    files.set(name, text);
    bytes += gzipSync(text).length;
    due.push(...namesIn(text));
  }
  const kinds = [...files.keys()].map((name) => name.split('.').at(-1));
  expect(kinds.filter((kind) => kind === 'js').length).toBeGreaterThanOrEqual(3);
  expect(kinds).toContain('css');
  expect(bytes).toBeLessThan(MOST_BYTES);
  const html = files.get('')!;
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
  for (const text of [html, ...[...files.values()].filter((one) => one.length < 100_000)]) {
    expect(text.match(/https?:\/\/(?!www\.w3\.org)[\w.-]+/g)).toBeNull();
  }
});

it.each<[string, string[], RegExp]>([
  ['a mesh', ['--topology', 'mesh'], /--browser and --topology mesh exclude each other/],
  ['no port', ['--listen-unix', '/tmp/no-such-folder/s'], /--browser needs a port/],
])('--browser with %s is refused before the run begins', async (_, flags, message) => {
  const { status, stdout, stderr } = await says([
    'coordinator',
    '--offline',
    '--browser',
    ...flags,
  ]);
  expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
});
