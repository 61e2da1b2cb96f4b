// `pnpm bench`, as Node starts it: an old Node is told what is needed before it stumbles over what comes after.
import { oldNode } from '@lockstep/errors/node-version';

const tooOld = oldNode();
if (tooOld === undefined) {
  await import('./bench.js');
} else {
  console.error(tooOld);
  process.exitCode = 2;
}
