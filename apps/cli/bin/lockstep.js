#!/usr/bin/env node
// An old Node cannot even link what is behind main.js: so the version is looked at before that is imported.
import { oldNode } from '@lockstep/errors/node-version';

const tooOld = oldNode();
if (tooOld === undefined) {
  import('../dist/main.js');
} else {
  process.exitCode = 2;
  console.error(tooOld);
}
