#!/usr/bin/env node
// Loads the command. An old Node cannot even link what is behind main.js, and Node says of a file that a low limit on open
// files (ulimit -n) forbids that it is not there: so both are looked at before.
import { closeSync, openSync } from 'node:fs';
import { oldNode } from '@lockstep/errors/node-version';

/** Besides the 20 or so that Node has open by itself, and enough for a run on two threads. */
const ENOUGH = 24;

const tooOld = oldNode();
if (tooOld !== undefined) refuse(tooOld);
else if (canOpen(ENOUGH)) await import('../dist/main.js');
else {
  refuse(
    `Lockstep cannot open its own files: the limit on open files is too low (ulimit -n); 64 are enough`,
  );
}

function canOpen(files) {
  const open = [];
  try {
    while (open.length < files) open.push(openSync(import.meta.filename));
    return true;
  } catch {
    return false;
  } finally {
    for (const file of open) closeSync(file);
  }
}

function refuse(message) {
  process.exitCode = 2;
  console.error(message);
}
