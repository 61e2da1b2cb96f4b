// The whole benchmark on tiny cases, as `pnpm bench --smoke` runs it, so that it cannot rot unseen. Nothing here
// looks at a time or a rate. PyTorch takes part where it is installed; without it the benchmark must do.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../bench/src/report/report.js';

const MAIN = resolve(dirname(fileURLToPath(import.meta.url)), '../../bench/dist/main.js');

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function hasNative({ floors }: Report): boolean {
  return floors.peaks.length > 1;
}

function bench(...words: readonly string[]): Promise<Outcome> {
  return new Promise((done, fail) => {
    execFile(process.execPath, [MAIN, ...words], { timeout: 280_000 }, (error, stdout, stderr) => {
      const status = error ? error.code : 0;
      if (typeof status === 'number') done({ status, stdout, stderr });
      else fail(error);
    });
  });
}

describe('the benchmark on tiny cases', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-test-'));
  const json = join(folder, 'bench.json');
  const markdown = join(folder, 'bench.md');
  let outcome: Outcome;
  let report: Report;

  beforeAll(async () => {
    writeFileSync(markdown, '# Benchmarks\n\nText that stays.\n');
    outcome = await bench('--smoke', '--json', json, '--markdown', markdown);
    expect(outcome.status, outcome.stderr).toBe(0);
    report = JSON.parse(readFileSync(json, 'utf8'));
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('measures every case with every peer that is installed', () => {
    const leftOut = report.training.flatMap((result) => result.leftOut);
    expect(leftOut).toEqual([]);
    expect(report.startup?.leftOut).toEqual([]);
    const took = new Set(
      report.training.flatMap(({ contenders }) => contenders.map(({ name }) => name.split('@')[0])),
    );
    const expected = ['lockstep-wasm', 'tfjs-wasm', 'tfjs-cpu', 'jax-js', 'brain.js'];
    expected.push(`lockstep-cluster-${hasNative(report) ? 'native' : 'wasm'}`);
    if (hasNative(report)) expected.push('lockstep-native');
    for (const { label, adams } of report.torches) {
      expected.push(`torch-${label}-ddp`);
      for (const adam of adams)
        expected.push(`torch-${label}${adam === 'plain' ? '' : `-${adam}`}`);
    }
    for (const name of expected) expect(took).toContain(name);
    for (const { contenders } of report.training) expect(contenders.length).toBeGreaterThan(0);
  });

  it('has all sides learn the same: each comparison has equal losses', () => {
    const all = report.training.flatMap(({ name, comparisons }) =>
      comparisons.map(({ ours, against, sameLoss }) => ({ name, ours, against, sameLoss })),
    );
    expect(all.length).toBeGreaterThan(5);
    expect(all.filter(({ sameLoss }) => !sameLoss)).toEqual([]);
  });

  it('says what it ran on, and that smoke settings measure nothing', () => {
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(report.machine.node).toBe(process.versions.node);
    expect(report.settings.smoke).toBe(true);
    expect(outcome.stdout).toContain('mean nothing');
    if (report.torches.length === 0) expect(outcome.stdout).toContain('PyTorch: neither python3');
    if (!hasNative(report)) expect(outcome.stdout).toContain('- native kernels: ');
  });

  it('has floors, the product, start-up, what a page costs, and scaling', () => {
    const peaks = report.floors.peaks.map(({ kernels }) => kernels);
    expect(peaks[0]).toBe('wasm');
    for (const { gflops } of report.floors.peaks) expect(gflops.median).toBeGreaterThan(0);
    expect(report.product?.rows.map(({ kernels }) => kernels)).toEqual(peaks);
    for (const { share } of report.product!.rows) expect(share.median).toBeGreaterThan(0);
    expect(report.startup?.rows[0]?.seconds.median).toBeGreaterThan(0);
    expect(report.scaling?.length).toBeGreaterThan(0);
    expect(report.answers?.leftOut).toEqual([]);
    const asked = report.answers!.contenders;
    expect(asked.map(({ name }) => name.split('@')[0])).toEqual([
      ...['lockstep-answer', ...report.torches.map(({ label }) => `torch-${label}`), 'tfjs-wasm'],
    ]);
    for (const { sameOutputs } of asked) expect(sameOutputs).toBe(true);
    expect(report.dashboard?.rows.map(({ name, sameWeights }) => [name, sameWeights])).toEqual([
      ['no page', true],
      ['a page that reads', true],
      ['a page that never reads', true],
    ]);
    for (const { contenders } of report.training) {
      const ours = contenders.filter(({ name }) => name.startsWith('lockstep'));
      for (const { floor } of ours) expect(floor?.share).toBeGreaterThan(0);
    }
  });

  it('says of each of ours which kernels computed it', () => {
    const names = [...report.floors.peaks.map(({ kernels }) => kernels)];
    for (const { contenders, comparisons } of report.training) {
      for (const { name, kernels } of contenders) {
        if (name.startsWith('lockstep')) expect(names).toContain(kernels);
        else expect(kernels).toBeUndefined();
      }
      for (const { ours, computedBy } of comparisons) {
        expect(ours).toContain(`-${computedBy.split('-')[0]}@`);
      }
    }
  });

  it('writes its tables between the markers of this Node, and leaves the rest of the file', () => {
    const text = readFileSync(markdown, 'utf8');
    const major = process.versions.node.split('.')[0];
    expect(text).toContain('Text that stays.');
    expect(text).toContain(`<!-- bench node ${major}: begin -->`);
    expect(text).toContain(outcome.stdout.trim());
  });
});

describe('its command line', () => {
  it('names the cases when asked for one that is not there, and ends with 2', async () => {
    const { status, stderr } = await bench('--only', 'nonsense');
    expect(status).toBe(2);
    expect(stderr).toContain('tutorial-64');
  });

  it('refuses kernels that there are not', async () => {
    const { status, stderr } = await bench('--kernels', 'fast');
    expect(status).toBe(2);
    expect(stderr).toContain('--kernels fast: expected one of both, wasm, native');
  });

  it('refuses an interpreter that was asked for and has no PyTorch', async () => {
    const { status, stderr } = await bench('--smoke', '--python', process.execPath);
    expect(status).toBe(2);
    expect(stderr).toContain(`--python ${process.execPath}: it cannot import torch`);
  });

  it('refuses rounds that are no whole number', async () => {
    const { status, stderr } = await bench('--rounds', '2.5');
    expect(status).toBe(2);
    expect(stderr).toContain('--rounds 2.5');
  });
});
