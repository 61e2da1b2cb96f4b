// Finds a Python that has PyTorch and says how each of its forms is started. Nothing is run but an import.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Launch } from '../contender.js';

/** @see bench/peers/torch_peer.py */
export type TorchForm = 'preloaded' | 'avx2' | 'foreach' | 'tutorial' | 'ddp';

export interface Torch {
  readonly python: string;
  readonly version: string;
  /** The tutorial form needs it. */
  readonly hasTorchvision: boolean;
  readonly blas: string;
}

const SCRIPT = fileURLToPath(new URL('../../peers/torch_peer.py', import.meta.url));
const PYTHONS = ['python3', '/usr/bin/python3'];
const PROBE = `
import sys
sys.argv = ["probe"]
import torch
try:
    import torchvision
    vision = 1
except ImportError:
    vision = 0
torch.ones(64, 64) @ torch.ones(64, 64)
maps = open("/proc/self/maps").read() if sys.platform == "linux" else ""
names = {"openblas": "OpenBLAS", "libmkl": "MKL", "libblis": "BLIS", "libblas": "reference BLAS"}
print(torch.__version__, vision, next((n for k, n in names.items() if k in maps), "its own"), sep="|")
`;

/**
 * Settings that keep OpenBLAS from choosing the kernels of the machine it runs on. They are taken away: a peer
 * that is held back would flatter us.
 */
const UNHINDERED = { OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined };

/**
 * `preloaded` held back on purpose, in rows that say so: OpenBLAS's and PyTorch's kernels for AVX2, as on a
 * machine without 512-bit registers.
 */
const AVX2 = { OPENBLAS_CORETYPE: 'Haswell', ATEN_CPU_CAPABILITY: 'avx2' };

/** @returns the first Python with PyTorch; undefined if there is none */
export async function findTorch(): Promise<Torch | undefined> {
  for (const python of PYTHONS) {
    try {
      const { stdout } = await promisify(execFile)(python, ['-c', PROBE], { timeout: 60_000 });
      const [version = '', vision, blas = ''] = stdout.trim().split('|');
      return { python, version, hasTorchvision: vision === '1', blas };
    } catch {
      // Not there, or without torch: the next one may have it.
    }
  }
  return undefined;
}

/** @param threads of one process; DDP's processes have one each */
export function torchLaunch({ python }: Torch, form: TorchForm, threads: number): Launch {
  const perProcess = form === 'ddp' ? 1 : threads;
  return {
    command: python,
    arguments: [SCRIPT, form === 'avx2' ? 'preloaded' : form],
    environment: {
      ...UNHINDERED,
      ...(form === 'avx2' && AVX2),
      OMP_NUM_THREADS: String(perProcess),
      OPENBLAS_NUM_THREADS: String(perProcess),
      MKL_NUM_THREADS: String(perProcess),
    },
  };
}
