import type { Backend } from '@lockstep/kernels';

declare const twin: Backend;
export default twin;
