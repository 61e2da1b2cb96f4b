// What watches runs in a browser: the contract between server and page, and reports.
export type * from './contract.js';
export { type ReportData, renderReport } from './report/render-report.js';
