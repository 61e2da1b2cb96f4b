#!/usr/bin/env node
// An old Node cannot even link what is behind main.js: so the version is looked at before that is imported.
import { oldNode } from '@lockstep/errors/node-version';

const tooOld = oldNode();
if (tooOld === undefined) {
  import('../dist/main.js').catch((error) => {
    if (error?.code !== 'EMFILE') throw error;
    process.exitCode = 2;
    console.error(
      'Lockstep cannot open its own files: the limit on open files is too low (ulimit -n); 256 are enough',
    );
  });
} else {
  process.exitCode = 2;
  console.error(tooOld);
}
