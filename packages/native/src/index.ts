// The same arithmetic as the WebAssembly kernels, compiled from C with the processor's widest registers. It may be absent.
export { type Choice, fastestBackend } from './choose.js';
export { loadNative, NativeError, type NativeModule } from './module.js';
export { nativeBackend } from './native-backend.js';
