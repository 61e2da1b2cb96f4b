import { expect, test } from 'vitest';
import { checkMachineCode, checkModule } from '../scripts/machine-code.mjs';

/** As GCC and Clang write a function of one line. */
function assemblyOf(...lines: string[]): string {
  return [
    '\t.file\t"kernels.c"',
    '\t.text',
    'kernel_vfmadd231ps:',
    '.LFB12:',
    '\t.cfi_startproc',
    ...lines.map((line) => `\t${line}`),
    '.L4:\tret',
    '\t.string\t"vfmadd231ps; fmla"',
  ].join('\n');
}

const ALLOWED = {
  x64: [
    'vmulps\t%zmm1, %zmm2, %zmm0{%k1}{z}',
    'vaddps\t(%rax), %ymm1, %ymm2\t# vfmadd231ps',
    'vdivss\t%xmm1, %xmm0, %xmm0',
    'vsqrtps\t%zmm0, %zmm0',
    'vscalefps\t%zmm1, %zmm0, %zmm0',
    'vrndscaleps\t$8, %zmm0, %zmm0',
    'vcvtps2pd\t%ymm0, %zmm0',
    'stmxcsr\t-4(%rsp)',
    'fldt\t16(%rsp)',
    'call\tkernel_vfmadd231ps',
    'jmp\t.L4',
    'call\tmemcpy@PLT',
    'jmp\t*memset@GOTPCREL(%rip)',
    'callq\tsqrtf@PLT',
    'call\t*%rax',
    'rep stosq',
  ],
  arm64: [
    'fmul\tv0.4s, v1.4s, v2.s[0]',
    'fadd\tv0.4s, v0.4s, v1.4s\t// fmla',
    'fadd.4s\tv0, v0, v1 ; fmla.4s',
    'fmov\ts0, #1.0e+0',
    'fminnm\ts0, s0, s1',
    'mla\tv0.4s, v1.4s, v2.4s',
    'madd\tx0, x1, x2, x3',
    'mrs\tx0, fpcr',
    'bl\tmemcpy',
    'bl\t_memset',
    'b\tkernel_vfmadd231ps',
    'b.ne\t.L4',
  ],
} as const;

test.each(['x64', 'arm64'] as const)(
  'on %s, what is rounded operation by operation passes',
  (arch) => {
    expect(() => checkMachineCode(assemblyOf(...ALLOWED[arch]), arch)).not.toThrow();
  },
);

const FORBIDDEN = {
  x64: {
    'fuses a product with a sum': [
      'vfmadd231ps\t%zmm1, %zmm2, %zmm0',
      'vfmadd132ps\t(%rax){1to16}, %zmm2, %zmm0{%k1}',
      'vfnmadd213ss\t%xmm1, %xmm2, %xmm0',
      'vfmsub231pd\t%ymm1, %ymm2, %ymm0{%k2}{z}',
      '.L7: vfnmsub132sd\t%xmm1, %xmm2, %xmm0',
      'vfmaddsub213ps\t%ymm1, %ymm2, %ymm0',
      'vfmsubadd213ps\t%ymm1, %ymm2, %ymm0',
      '{evex} vfmadd213ss\t%xmm1, %xmm2, %xmm0',
      'vfmaddps\t%xmm3, %xmm2, %xmm1, %xmm0',
      'v4fmaddps\t(%rax), %zmm4, %zmm1',
      'nop; vfmadd231ps\t%ymm1, %ymm2, %ymm0',
      'VFMADD231PS\t%ymm1, %ymm2, %ymm0',
    ],
    approximates: [
      'vrcp14ps\t%zmm0, %zmm1',
      'vrsqrt14ps\t%zmm0, %zmm1{%k1}',
      'vrcpps\t%ymm0, %ymm1',
      'rsqrtss\t%xmm0, %xmm1',
      'vrsqrt28sd\t%xmm0, %xmm1, %xmm2',
      'vexp2ps\t%zmm0, %zmm1',
    ],
    'may change how numbers are rounded': [
      'ldmxcsr\t-4(%rsp)',
      'vldmxcsr\t-4(%rsp)',
      'fldcw\t-2(%rsp)',
      'fxrstor64\t(%rax)',
    ],
    'rounds to 64 bits': ['faddp', 'fmuls\t(%rax)', 'fsqrt', 'fdivrp\t%st, %st(1)'],
    'sums products with other rounding': ['vdpbf16ps\t%zmm1, %zmm2, %zmm0'],
    'may compute other bits': [
      'call\texpf@PLT',
      'jmp\tfmaf@PLT',
      'call\t*tanhf@GOTPCREL(%rip)',
      'callq\t_logf',
    ],
  },
  arm64: {
    'fuses a product with a sum': [
      'fmla\tv0.4s, v1.4s, v2.s[0]',
      'fmla.4s\tv0, v1, v2',
      'fmls\tv0.2d, v1.2d, v2.2d',
      'fmlal2\tv0.4s, v1.4h, v2.4h',
      'fmadd\ts0, s1, s2, s3',
      'fnmsub\td0, d1, d2, d3',
      'fmad\tz0.s, p0/m, z1.s, z2.s',
      'fcmla\tv0.4s, v1.4s, v2.4s, #90',
      'bfmmla\tv0.4s, v1.8h, v2.8h',
    ],
    approximates: ['frecpe\tv0.4s, v1.4s', 'frsqrts\ts0, s1, s2', 'frecps\tv0.4s, v1.4s, v2.4s'],
    'may change how numbers are rounded': ['msr\tfpcr, x0', 'msr\tFPCR, x1'],
    'may compute other bits': ['bl\texpf', 'b\t_fmaf'],
  },
} as const;

const forbidden = (['x64', 'arm64'] as const).flatMap((arch) =>
  Object.entries(FORBIDDEN[arch]).flatMap(([why, lines]) =>
    lines.map((line: string) => ({ arch, line, why })),
  ),
);

test.each(forbidden)('on $arch, $line $why', ({ arch, line, why }) => {
  expect(() => checkMachineCode(assemblyOf('nop', line), arch)).toThrow(why);
});

test('a module that flushes subnormals is refused', () => {
  expect(() => checkModule(Buffer.from('\0main\0memcpy\0'))).not.toThrow();
  expect(() => checkModule(Buffer.from('\0crtfastmath.c\0set_fast_math\0'))).toThrow('-ffast-math');
});
