// What watches runs in a browser: the contract between server and page, and reports.
export type * from './contract.js';
export { collectReport, type ReportOptions } from './report/collect-report.js';
export { type ReportData, renderReport } from './report/render-report.js';
export { DashboardServer } from './server/dashboard-server.js';
export { datasetInfo } from './server/encode.js';
export { flatConfig } from './server/flat-config.js';
export { LiveFeed, type LiveRun } from './server/live-feed.js';
export { readEvents, readHistory, SAMPLES_FILE } from './server/run-files.js';
export { joinSamples, NOTHING } from './server/samples.js';
export { StoredFeed } from './server/stored-feed.js';
