// The file that threads run which decode pictures: an entry of its own, because a thread begins with a file.
export { decodeInto as default } from './files/pictures/decode-into.js';
