// A report: the page in one file, with its data in it, for anybody with a browser and no server.
// Invariant: no data ends the script that it lies in, or begins anything else that HTML reads: each `<` is written as JSON's
// escape of it.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Message } from '../contract.js';
import type { EmbeddedReport } from './embedded-report.js';

export interface ReportData {
  /** When it was made: ISO 8601. */
  readonly time: string;
  /** What a reader should know of what is not in it, in sentences. */
  readonly notes: readonly string[];
  /** `runs` first, then a `history` a run, and `model` where its model is there. */
  readonly messages: readonly Message[];
  /** Trained models, as `encodeModel` writes them. */
  readonly models: readonly {
    readonly run: string;
    readonly step: number;
    readonly bytes: Uint8Array;
  }[];
  /** Safetensors with `inputs` and `targets`: the first samples of a dataset. */
  readonly samples: readonly {
    /** Runs with the same data share it. */
    readonly runs: readonly string[];
    readonly dataset: string;
    readonly bytes: Uint8Array;
  }[];
}

const PLACE = '<script type="application/json" id="report"></script>';

/** @returns the HTML of a report */
export function renderReport(data: ReportData): string {
  const template = readFileSync(new URL('./report/index.html', import.meta.url), 'utf8');
  return fillTemplate(template, data);
}

export function fillTemplate(template: string, data: ReportData): string {
  const { time, notes, messages } = data;
  const report: EmbeddedReport = {
    ...{ time, notes, messages },
    models: data.models.map((model) => ({ ...model, bytes: pack(model.bytes) })),
    samples: data.samples.map((part) => ({ ...part, bytes: pack(part.bytes) })),
  };
  const json = JSON.stringify(report).replaceAll('<', '\\u003c');
  // A function: `$` in the data is no pattern.
  return template.replace(PLACE, () => PLACE.replace('><', () => `>${json}<`));
}

function pack(bytes: Uint8Array): string {
  return gzipSync(bytes).toString('base64');
}
