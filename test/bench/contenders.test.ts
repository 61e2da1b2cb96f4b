// Who takes part, from what is installed: ours with each kind of kernels, and PyTorch with every version, form and thread count.
import { describe, expect, it } from 'vitest';
import { Contenders, type Installed } from '../../bench/src/contenders.js';
import type { Torch } from '../../bench/src/peers/torch.js';

const OLD: Torch = {
  python: '/old/python3',
  version: '1.13.0a0',
  label: '1.13',
  adams: ['plain', 'foreach'],
  hasTorchvision: true,
  blas: 'OpenBLAS',
};
const NEW: Torch = {
  ...OLD,
  ...{ python: '/new/python3', version: '2.6.0+debian', label: '2.6', hasTorchvision: false },
  adams: ['plain', 'foreach', 'fused'],
};
const BOTH: Installed = {
  cores: 2,
  torches: [OLD, NEW],
  scripts: '/scripts',
  kernels: { kinds: ['wasm', 'native'], lanes: [8, 16] },
};
const who = new Contenders(BOTH);

function namesOf(entries: readonly { name: string }[]): string[] {
  return entries.map(({ name }) => name);
}

describe('PyTorch', () => {
  it('takes part with every version, every form of Adam that it has, and every number of threads', () => {
    expect(namesOf(who.torch())).toEqual([
      ...['torch-1.13@1', 'torch-1.13@2', 'torch-1.13-foreach@1', 'torch-1.13-foreach@2'],
      ...['torch-2.6@1', 'torch-2.6@2', 'torch-2.6-foreach@1', 'torch-2.6-foreach@2'],
      ...['torch-2.6-fused@1', 'torch-2.6-fused@2'],
    ]);
  });

  it('is as good as its best: ours is compared with all of them', () => {
    const [comparison] = who.againstTorch();
    expect(comparison!.theirs).toEqual(namesOf(who.torch()));
    const [onOne] = who.againstTorchOnOne();
    expect(onOne!.theirs).toEqual(namesOf(who.torch([1])));
  });

  it('runs its script from where the data is, with one thread a process of DDP', () => {
    const { launch } = who.torchDdp().at(-1)!;
    expect(launch.command).toBe('/new/python3');
    expect(launch.arguments).toEqual(['/scripts/torch_peer.py', 'ddp', 'fused']);
    expect(launch.environment?.OMP_NUM_THREADS).toBe('1');
  });

  it('reads images as tutorials do where there is torchvision', () => {
    expect(namesOf(who.torchTutorial())).toEqual(['torch-1.13-tutorial@1']);
    const without = new Contenders({ ...BOTH, torches: [NEW] });
    expect(without.torchTutorial()).toEqual([]);
    expect(without.leftOut).toEqual([
      { name: 'PyTorch as the tutorial is written', reason: 'there is no torchvision' },
    ]);
  });
});

describe('ours', () => {
  it('takes part once with each kind of kernels, each with what is promised of it', () => {
    expect(namesOf(who.lockstepBoth())).toEqual([
      ...['lockstep-wasm@1', 'lockstep-native@1', 'lockstep-wasm@2', 'lockstep-native@2'],
    ]);
    const comparisons = who.againstTorch({ wasm: 1.8, native: 3.5 });
    expect(comparisons.map(({ ours, atLeast }) => [ours, atLeast])).toEqual([
      ['lockstep-wasm@2', 1.8],
      ['lockstep-native@2', 3.5],
    ]);
  });

  it('is measured with the kernels that there are, and says which are missing', () => {
    const reason = 'not compiled for linux-riscv64';
    const kernels = { kinds: ['wasm'], lanes: [], reason } as const;
    const without = new Contenders({ ...BOTH, kernels });
    expect(namesOf(without.lockstepBoth())).toEqual(['lockstep-wasm@1', 'lockstep-wasm@2']);
    expect(without.leftOut).toContainEqual({ name: 'native kernels', reason });
  });
});
