import { expect, it } from 'vitest';
import { oldNode } from './node-version.js';

it.each(['20.19.0', '20.20.2', '22.2.0', '22.20.1', '23.0.0', '24.1.0', '26.12.1', '100.0.0'])(
  'Node %s will do',
  (version) => {
    expect(oldNode(version)).toBeUndefined();
  },
);

it.each(['0.12.18', '8.17.0', '18.20.8', '19.9.0', '20.9.0', '20.18.3'])(
  'Node %s is too old: one line says what is needed and what this is',
  (version) => {
    expect(oldNode(version)).toBe(`Lockstep needs Node 20.19 or newer; this is ${version}`);
  },
);

it.each(['21.7.3', '22.1.0'])('Node %s lacks what 20.19 has', (version) => {
  expect(oldNode(version)).toBe(
    `Lockstep needs Node 20.19 or newer (of Node 22: 22.2 or newer); this is ${version}`,
  );
});

it('the Node that runs this will do, and a browser is not judged', () => {
  expect(oldNode()).toBeUndefined();
  const { process } = globalThis;
  try {
    Object.assign(globalThis, { process: undefined });
    expect(oldNode()).toBeUndefined();
  } finally {
    Object.assign(globalThis, { process });
  }
});
