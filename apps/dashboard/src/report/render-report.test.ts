import { expect, test } from 'vitest';
import { invent, messagesOf } from '../page/testing/invented.js';
import { fillTemplate, type ReportData } from './render-report.js';

const TEMPLATE =
  '<head></head><body><script type="application/json" id="report"></script><script>1</script></body>';

function dataWith(name: string): ReportData {
  const run = invent({ id: 'a', samples: 2 });
  const messages = messagesOf([{ ...run, info: { ...run.info, name } }]);
  return { time: '2026-06-01T09:30:00.000Z', notes: [], messages, models: [], samples: [] };
}

test.each(['</script><script>alert(1)</script>', '<!--<script>', '$& $1 $`', '\u2028 "\\'])(
  'a run called %j ends no script, and is still called that',
  (name) => {
    const html = fillTemplate(TEMPLATE, dataWith(name));
    const [before, after] = ['<script type="application/json" id="report">', '</script><script>1'];
    const json = html.slice(html.indexOf(before) + before.length, html.lastIndexOf(after));
    expect(json).not.toContain('<');
    expect(JSON.parse(json).messages[0].runs[0].name).toBe(name);
    expect(html.split('</script>').length).toBe(3);
  },
);
