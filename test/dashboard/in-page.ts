// What a test runs in a real browser, and in Node: the brain on the same bytes, and a picture's file as the page reads it.
import type { Answer } from '../../apps/dashboard/src/page/brain/answer.js';
import { Brain } from '../../apps/dashboard/src/page/brain/brain.js';
import { pictureFrom } from '../../apps/dashboard/src/page/try/picture-file.js';

/** All that a brain says of samples and of a text, as text that tells every bit. */
export function answersOf(
  model: Uint8Array,
  pieces: readonly Uint8Array[],
  samples: number,
): string {
  const brain = new Brain();
  const view = brain.load(model);
  brain.hold(pieces);
  const asked = Array.from({ length: samples }, (_, i) => {
    const { answer, layers } = brain.askSample(i);
    return { answer: bitsOf(answer), layers: layers.map(({ values }) => hex(values)) };
  });
  const text = view.isLanguageModel ? written(brain) : null;
  const { layers } = brain.activity(Number.MAX_VALUE);
  return JSON.stringify({ asked, text, activations: layers.map(({ activations }) => activations) });
}

function written(brain: Brain): string {
  brain.startText({ prompt: 'the ', length: 60, temperature: 0.9, topK: 5, seed: 3 });
  return brain.nextText(Number.MAX_VALUE).text;
}

/** Numbers of float64, whose shortest decimals are told: the same text says the same bits. */
function bitsOf(answer: Answer): string {
  return JSON.stringify(answer);
}

function hex(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What a picture's file becomes for a model, as the page reads it. */
export async function pictureSample(model: Uint8Array, file: Uint8Array): Promise<number[]> {
  const brain = new Brain();
  brain.load(model);
  const { picture } = await pictureFrom(new Blob([file as BlobPart]));
  return [...brain.askPicture(picture).inputs];
}
