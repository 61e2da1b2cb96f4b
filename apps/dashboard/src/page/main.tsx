// Where the page begins: its source is the report that it is in, or else the server that it came from.
import { render } from 'preact';
import type { EmbeddedReport } from '../report/embedded-report.js';
import { App } from './app.js';
import { readAddress } from './shell/address.js';
import { EmbeddedSource } from './source/embedded-source.js';
import { HttpSource } from './source/http-source.js';
import { Store } from './store/store.js';

const embedded = document.getElementById('report')?.textContent;
const report: EmbeddedReport | undefined = embedded ? JSON.parse(embedded) : undefined;
const source =
  report === undefined
    ? new HttpSource({ token: readAddress(location.hash).token })
    : new EmbeddedSource(report);

render(
  <App source={source} store={new Store()} notes={report?.notes ?? []} />,
  document.getElementById('page')!,
);
