import type { Backend } from '@lockstep/kernels';

declare const dying: Backend;
export default dying;
