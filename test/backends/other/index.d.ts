import type { Backend } from '@lockstep/kernels';

declare const other: Backend;
export default other;
