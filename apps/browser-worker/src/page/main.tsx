// Where the page begins: what the person and the device say comes to an intent, which the crew carries out, and what that tells is
// shown. The token is in the address's fragment, which a browser sends nowhere.
import { readPageAddress } from '@lockstep/transport';
import { render } from 'preact';
import { Crew } from './crew/crew.js';
import { watchDevice } from './crew/device.js';
import { intentOf, type Standing, usualShare } from './crew/intent.js';
import { keepChoices, keptChoices, tabName } from './crew/kept.js';
import { startThread } from './crew/web-thread.js';
import { App } from './view/app.js';
import { afterReport, type Model } from './view/model.js';

const cores = navigator.hardwareConcurrency || 1;
const choices = keptChoices();
const tab = tabName();
const nameOf = (place: number): string => (place === 0 ? tab : `${tab}/${place + 1}`);

const standing: Standing = {
  isStopped: false,
  isHidden: document.hidden,
  isOnBattery: false,
  goesOn: choices.goesOn,
  share: Math.min(choices.share ?? usualShare(cores), cores),
};
let { token } = readPageAddress(location.href);
let model: Model = {
  ...{ cores, standing, lanes: [], lines: [], over: undefined },
  hasToken: token !== '',
  intent: intentOf(standing),
};
let crew = newCrew();
let isDue = false;

function newCrew(): Crew {
  return new Crew({
    begin: { url: readPageAddress(location.href).url, token },
    nameOf,
    start: startThread,
    onReport: (place, report) => show(afterReport(model, place, nameOf(place), report, new Date())),
    onOver: (over) => show({ ...model, over, lanes: [] }),
  });
}

function show(next: Model): void {
  model = next;
  if (isDue) return;
  isDue = true;
  // Threads tell more often than a screen shows, and a hidden page draws nothing.
  requestAnimationFrame(() => {
    isDue = false;
    render(<App model={model} acts={acts} />, document.getElementById('page')!);
  });
}

function stand(change: Partial<Standing>): void {
  const next = { ...model.standing, ...change };
  const intent = intentOf(next);
  show({ ...model, standing: next, intent });
  if (model.hasToken) crew.want(intent.threads, intent.why);
}

function begin(): void {
  crew = newCrew();
  show({ ...model, hasToken: true, over: undefined, lanes: [] });
  stand({ isStopped: false });
}

const acts = {
  stop: () => stand({ isStopped: true }),
  start: () => (model.over ? begin() : stand({ isStopped: false })),
  setShare(share: number) {
    stand({ share });
    keepChoices(model.standing);
  },
  setGoesOn(goesOn: boolean) {
    stand({ goesOn });
    keepChoices(model.standing);
  },
  takeToken(given: string) {
    token = given;
    begin();
  },
};

watchDevice(stand);
// The same page with another token, or another one after all.
addEventListener('hashchange', () => location.reload());
