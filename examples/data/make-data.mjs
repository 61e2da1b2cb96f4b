// Writes the examples' made-up tables and text: houses.csv, spam.csv, tides.csv and tales.txt. iris.csv is Fisher's (1936), as it is in scikit-learn.
//
// node examples/data/make-data.mjs    writes the same bytes each time
import { writeFileSync } from 'node:fs';

let state = 20260101;
/** Uniform in [0, 1): a linear congruential generator (Numerical Recipes). */
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
const between = (low, high) => low + (high - low) * random();
const choose = (list) => list[Math.floor(random() * list.length)];
const write = (name, lines) =>
  writeFileSync(new URL(name, import.meta.url), `${lines.join('\n')}\n`);

const DISTRICTS = { north: 0, harbour: 60, hill: 110, old_town: 90 };
const houses = Array.from({ length: 240 }, () => {
  const area = Math.round(between(40, 200));
  const rooms = Math.max(1, Math.round(area / 30 + between(-1, 1)));
  const year = Math.round(between(1900, 2020));
  const district = choose(Object.keys(DISTRICTS));
  const price = 1.9 * area + 6 * rooms + 0.35 * (year - 1900) + DISTRICTS[district];
  // Some owners do not know when their house was built.
  const built = random() < 0.04 ? '' : year;
  return `${area},${rooms},${built},${district},${Math.round(price + between(-12, 12))}`;
});
write('houses.csv', ['area,rooms,built,district,price', ...houses]);

const WHO = ['Anna', 'Ben', 'your colleague', 'the team', 'mum', 'Dr Weber'];
const SPAM = [
  () =>
    `Congratulations! You won a free ${choose(['phone', 'cruise', 'voucher'])}, claim your prize now`,
  () => `URGENT: your account is locked, click the link to ${choose(['verify', 'unlock'])} it`,
  () =>
    `Cheap ${choose(['pills', 'watches', 'loans'])}, limited offer, order now and save ${choose([50, 70, 90])} percent`,
  () => `Earn ${choose([500, 1000, 5000])} dollars a week from home, no experience, click here`,
  () => `Free entry: win cash ${choose(['today', 'this week'])}, reply WIN to claim`,
];
const HAM = [
  () =>
    `Are we still meeting for lunch ${choose(['today', 'on Friday', 'at noon'])}? ${choose(WHO)} will join us`,
  () => `The report is in the shared folder, ${choose(WHO)} has read it already`,
  () =>
    `Please call me when you are home, I have a question about ${choose(['the trip', 'the order', 'the garden'])}`,
  () =>
    `Thanks for the ${choose(['photos', 'minutes', 'recipe'])}, see you ${choose(['tomorrow', 'next week'])}`,
  () =>
    `The train is late, I will be there ${choose(['at eight', 'in an hour'])}, tell ${choose(WHO)}`,
];
const mails = Array.from({ length: 120 }, (_, i) => {
  const kind = i % 3 === 0 ? 'spam' : 'ham';
  return `"${choose(kind === 'spam' ? SPAM : HAM)()}",${kind}`;
});
write('spam.csv', ['text,kind', ...mails]);

const tides = Array.from({ length: 400 }, (_, hour) => {
  const phase = (2 * Math.PI * hour) / 12.42;
  const spring = 0.3 * Math.sin((2 * Math.PI * hour) / 354.4);
  const level = 2 + (1 + spring) * Math.sin(phase) + between(-0.03, 0.03);
  return `${hour},${level.toFixed(3)}`;
});
write('tides.csv', ['hour,level', ...tides]);

const HEROES = [
  'the fox',
  'the old owl',
  'a young hare',
  'the miller',
  'the ferryman',
  'a grey cat',
];
const PLACES = ['the mill', 'the river', 'the dark wood', 'the hill', 'the old bridge'];
const THINGS = [
  'a silver key',
  'a loaf of bread',
  'a red lantern',
  'a broken bell',
  'a small boat',
];
const tales = Array.from({ length: 300 }, () => {
  const [hero, other] = [choose(HEROES), choose(HEROES)];
  const thing = choose(THINGS);
  const first = `Once ${hero} went to ${choose(PLACES)} and found ${thing}.`;
  const then = choose([
    () => `"What is it?" asked ${other}. "It is ${thing}," said ${hero}.`,
    () => `There came ${other}, who wanted ${thing}, too.`,
    () => `In the night ${other} took ${thing} and ran to ${choose(PLACES)}.`,
  ])();
  return `${first} ${then} ${choose(['And all was well.', 'And nobody slept.', 'So they went home.'])}`;
});
write('tales.txt', tales);
