// What a compute thread imports: the kernels for vectors of 8 lanes. A file a width, since not every engine hands a module the
// query of its URL.
import { nativeBackend } from './native-backend.js';

export default nativeBackend(8);
