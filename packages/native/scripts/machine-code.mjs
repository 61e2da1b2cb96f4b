// What machine code of the kernels may not do: everything that gives other bits than IEEE arithmetic, operation by operation.
// A compiler that was told nothing does none of it; this sees it when one does.
// Invariant: it reads instructions and calls, never names of functions, labels or sections.

const ROUNDING = 'may change how numbers are rounded';

/** Of each processor, what an instruction that may not be is called, and why it may not. */
const FORBIDDEN = {
  x64: [
    [/^v?4?fn?m(add|sub)|^vfcm(add|ul)|^vfmulc/, 'fuses a product with a sum'],
    [/^vdp(bf16|ph)ps$/, 'sums products with other rounding'],
    [/^v?(rcp|rsqrt|exp2)\d*(ps|pd|ss|sd|ph|sh)$/, 'approximates'],
    [/^v?ldmxcsr|^fldcw$|^fldenv|^f?xrstors?(64)?$|^frstor$/, ROUNDING],
    [
      /^f(i?(add|sub|subr|mul|div|divr)|sqrt|sin|cos|sincos|ptan|patan|2xm1|yl2xp?1?|scale|prem1?|rndint)(p|s|l|t|ll)?$/,
      'rounds to 64 bits',
    ],
  ],
  arm64: [
    [/^b?fn?m(la|ls|add|sub|ad|sb|lal|lsl)[bt24]?$/, 'fuses a product with a sum'],
    [/^fcmla$|^bfdot$|^b?fmmla$|^b?fdot$|^bfml(al|sl)[bt]$/, 'fuses a product with a sum'],
    [/^f?u?r(ecp|sqrt)[esx]$|^fexpa$/, 'approximates'],
  ],
};

/** Registers of arm64 that say how numbers are rounded. */
const CONTROL = /^msr\s+(fpcr|s3_3_c4_c4_0)\b/i;

/** Functions that kernels may call: they round correctly, or compute nothing. */
const LIBRARY =
  /^(mem(cpy|move|set|cmp)|__mem(cpy|move|set)_chk|memset_pattern16|_*bzero|_*chkstk(_ms)?|bcmp|(sqrt|rint|nearbyint|roundeven|floor|ceil|trunc|fabs|copysign)f?|abort|__stack_chk_fail)$/;

const CALL = {
  x64: /^(?:call|jmp)q?\s+\*?_?([a-z_]\w*)(?:@PLT|@GOTPCREL\(%rip\))?\s*$/i,
  arm64: /^bl?\s+_?([a-z_]\w*)\s*$/i,
};

/** @returns the instructions of an assembly's text, without labels, directives and comments */
function* instructionsOf(assembly, arch) {
  for (const line of assembly.split('\n')) {
    if (/^\s*\./.test(line) && !/^\s*[\w.$]+:/.test(line)) continue;
    const text = line.replace(/(^|\s)(#|\/\/).*$/, '');
    // On an Arm of Apple's, a semicolon begins a comment.
    const parts = arch === 'x64' ? text.split(';') : [text.replace(/;.*$/, '')];
    for (const part of parts) {
      // A prefix such as {evex} says how an instruction is encoded, not which it is.
      const instruction = part
        .replace(/^\s*[\w.$]+:/, '')
        .trim()
        .replace(/^(\{\w+\}\s*|(rep|lock|notrack|bnd)\s+)+/, '');
      if (instruction && !instruction.startsWith('.')) yield instruction;
    }
  }
}

/** @returns the functions that an assembly calls and does not hold */
function calledOutside(assembly, arch) {
  const own = new Set([...assembly.matchAll(/^_?([\w.$]+):/gm)].map(([, name]) => name));
  const called = [...instructionsOf(assembly, arch)].map((text) => CALL[arch].exec(text)?.[1]);
  return [...new Set(called)].filter((name) => name && !own.has(name));
}

/**
 * @param assembly as a compiler writes it, for x64 in the syntax of AT&T
 * @throws Error if it has an instruction or a call that gives other bits
 */
export function checkMachineCode(assembly, arch) {
  for (const text of instructionsOf(assembly, arch)) {
    // Apple's Arm has the lanes behind the name, as in fmla.4s.
    const name = /^[a-z0-9]*/i.exec(text)[0].toLowerCase();
    const [, why] = FORBIDDEN[arch].find(([names]) => names.test(name)) ?? [];
    if (why) throw new Error(`native: the compiler made "${text}", which ${why}`);
    if (arch === 'arm64' && CONTROL.test(text)) throw new Error(`native: "${text}" ${ROUNDING}`);
  }
  const strange = calledOutside(assembly, arch).filter((name) => !LIBRARY.test(name));
  if (strange.length) {
    throw new Error(`native: kernels call ${strange.join(', ')}, which may compute other bits`);
  }
}

/**
 * Linkers add code that has subnormals flushed in the whole process to what was compiled with -ffast-math.
 *
 * @param bytes of the linked module
 * @throws Error if it is in it
 */
export function checkModule(bytes) {
  if (Buffer.from(bytes).includes('set_fast_math')) {
    throw new Error('native: the module flushes subnormals; it was linked with -ffast-math');
  }
}
