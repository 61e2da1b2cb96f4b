#!/usr/bin/env node
// Loads the command. An old Node cannot even link what is behind main.js: so the version is looked at before. And `import`
// opens its files all at once, which a low limit on open files (ulimit -n) forbids; `require` opens one after the other.
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { oldNode } from '@lockstep/errors/node-version';

/** More than `import` opens. */
const ENOUGH = 256;

const tooOld = oldNode();
if (tooOld !== undefined) refuse(tooOld);
else if (canOpen(ENOUGH)) await import('../dist/main.js');
else loadOneByOne();

function loadOneByOne() {
  try {
    createRequire(import.meta.url)('../dist/main.js');
  } catch (error) {
    // Where no file can be opened, Node says of some that they are not there.
    const isLimit = error.code === 'EMFILE' || !process.features.require_module || !canOpen(8);
    if (!isLimit) throw error;
    refuse(
      `Lockstep cannot open its own files: the limit on open files is too low (ulimit -n); ${ENOUGH} are enough`,
    );
  }
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
