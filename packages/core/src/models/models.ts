// The built-in networks, by name. Each is a function from sizes to a model, written with nothing that a program of
// somebody else's has not; its flags and its usual settings are the command line's (apps/cli/src/models).
import { gpt } from './gpt.js';
import { lenet } from './lenet.js';
import { lstm } from './lstm.js';
import { mlp } from './mlp.js';
import { mlpMixer } from './mlp-mixer.js';
import { resnet } from './resnet.js';

/** Networks that are ready to be trained. */
export const models = { mlp, lenet, resnet, mlpMixer, lstm, gpt } as const;
