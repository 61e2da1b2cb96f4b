// Pictures: crosses and rings, drawn on PNGs of several sizes, a folder a class.
// One learns: data from a folder of pictures, the size and the fit that make them samples, and asking the trained model about a
// file, which becomes a sample by the rule that the model remembers. Run it: pnpm example pictures
// It prints what the pictures became, the accuracy and two files' classes; the exact lines stand at the end of this file.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { adam, crossEntropy, fit, flatten, linear, relu, sequential } from '@lockstep/core';
import { decodePicture, pictureInputs, readPictures, sampleSize } from '@lockstep/data';

const SHAPES = new URL('../data/shapes/', import.meta.url);

const data = await readPictures(fileURLToPath(SHAPES), {
  size: 12,
  channels: 'grey',
  fit: 'contain',
  test: 0.25,
});
for (const note of data.notes!) console.log(note);
const { inputShape, classNames } = data.train;
console.log(`[${inputShape.join(', ')}] in ${classNames!.join(', ')}`);

const { trained } = fit({
  model: sequential(flatten(), linear(144, 16), relu(), linear(16, 2)),
  data: { train: data.train, test: data.test },
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
  batchSize: 8,
  epochs: 40,
});
const { accuracy } = trained.evaluate(data.test);
console.log(`${Math.round(accuracy! * data.test.samples)} of ${data.test.samples} pictures right`);

// A file that it has not seen would be asked about like this; so does `lockstep predict`.
const { traits } = trained;
for (const name of ['cross/03.png', 'ring/07.png']) {
  const picture = await decodePicture(await readFile(new URL(name, SHAPES)), name);
  const inputs = pictureInputs(picture, sampleSize(traits.inputShape)!, traits.pictures!);
  const { label } = trained.classify([[...inputs]])[0]!;
  console.log(`${name}, ${picture.width}x${picture.height}: ${label}`);
}

/* Prints:
pictures become 12x12 grey (contain)
8 of 32 pictures are kept for testing
[1, 12, 12] in cross, ring
8 of 8 pictures right
cross/03.png, 22x18: cross
ring/07.png, 19x15: ring
*/
