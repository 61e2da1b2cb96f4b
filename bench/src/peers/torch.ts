// Finds interpreters that have PyTorch and says how each of its forms is started. Nothing is run but an import.
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Launch } from '../contender.js';
import { UsageError } from '../usage-error.js';

/** @see bench/peers/torch_peer.py */
export type TorchForm = 'preloaded' | 'tutorial' | 'ddp';

/** How Adam's update is computed: a parameter at a time, as it comes; by lists of them; in one kernel of its own. */
export type AdamForm = 'plain' | 'foreach' | 'fused';

export interface Torch {
  readonly python: string;
  readonly version: string;
  /** What its contenders are named by: `1.13`, and with a number behind it where two have the same version. */
  readonly label: string;
  /** Those that this version has on a processor. */
  readonly adams: readonly AdamForm[];
  /** The tutorial form needs it. */
  readonly hasTorchvision: boolean;
  readonly blas: string;
}

const SCRIPTS = fileURLToPath(new URL('../../peers', import.meta.url));
const PYTHONS = ['python3', '/usr/bin/python3'];
const PROBE = `
import json, sys
sys.argv = ["probe"]
import torch
try:
    import torchvision
    vision = True
except ImportError:
    vision = False
torch.ones(64, 64) @ torch.ones(64, 64)
maps = open("/proc/self/maps").read() if sys.platform == "linux" else ""
names = {"openblas": "OpenBLAS", "libmkl": "MKL", "libblis": "BLIS", "libblas": "reference BLAS"}
adams = ["plain"]
for form in "foreach", "fused":
    number = torch.ones(1, requires_grad=True)
    number.grad = torch.ones(1)
    try:
        torch.optim.Adam([number], **{form: True}).step()
        adams.append(form)
    except Exception:
        pass
blas = next((n for k, n in names.items() if k in maps), "its own")
print(json.dumps({"version": torch.__version__, "adams": adams, "hasTorchvision": vision, "blas": blas}))
`;

/**
 * Settings that keep OpenBLAS from choosing the kernels of the machine it runs on. They are taken away: a peer
 * that is held back would flatter us.
 */
const UNHINDERED = { OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined };

async function probe(python: string): Promise<Omit<Torch, 'label'>> {
  const { stdout } = await promisify(execFile)(python, ['-c', PROBE], { timeout: 120_000 });
  return { python, ...JSON.parse(stdout.trim()) };
}

/**
 * @param pythons those that are to take part; undefined: the first that has PyTorch, if there is one
 * @throws UsageError if one of those that were given has none
 */
export async function findTorches(pythons: readonly string[] | undefined): Promise<Torch[]> {
  const found: Torch[] = [];
  for (const python of pythons ?? PYTHONS) {
    try {
      const torch = await probe(python);
      const short = torch.version.split('.').slice(0, 2).join('.');
      const same = found.filter(({ label }) => label.split('-')[0] === short).length;
      found.push({ ...torch, label: same === 0 ? short : `${short}-${same + 1}` });
    } catch (error) {
      if (pythons !== undefined) {
        const reason = (error as Error).message.trim().split('\n').at(-1);
        throw new UsageError(`--python ${python}: it cannot import torch: ${reason}`);
      }
    }
    if (pythons === undefined && found.length > 0) break;
  }
  return found;
}

/**
 * Copies what the interpreters run to where the data lies: an interpreter in a container of its own may see that folder alone.
 *
 * @returns where it is
 */
export async function placeScripts(folder: string): Promise<string> {
  const place = join(folder, 'peers');
  await cp(SCRIPTS, place, { recursive: true, filter: (file) => !file.includes('__pycache__') });
  return place;
}

/** @param threads of one process; DDP's processes have one each */
export function torchLaunch(
  { python }: Torch,
  { scripts, form, adam }: { scripts: string; form: TorchForm; adam: AdamForm },
  threads: number,
): Launch {
  const perProcess = form === 'ddp' ? 1 : threads;
  return {
    command: python,
    arguments: [join(scripts, 'torch_peer.py'), form, adam],
    environment: {
      ...UNHINDERED,
      OMP_NUM_THREADS: String(perProcess),
      OPENBLAS_NUM_THREADS: String(perProcess),
      MKL_NUM_THREADS: String(perProcess),
    },
  };
}
