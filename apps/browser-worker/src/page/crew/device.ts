// What the page hears of the device that it is on: whether anybody looks at it, and whether it is on battery, where the browser
// tells (Chromium does, over HTTPS and on the machine itself).

interface Battery extends EventTarget {
  readonly charging: boolean;
}

type WithBattery = Navigator & { getBattery?: () => Promise<Battery> };

export interface DeviceStanding {
  readonly isHidden: boolean;
  readonly isOnBattery: boolean;
}

/** A page that is hidden for so long is in the background. */
const HIDDEN_MS = 300;

/** @param tell called at once, and whenever it has changed */
export function watchDevice(tell: (standing: DeviceStanding) => void): void {
  let battery: Battery | undefined;
  const look = (): void =>
    tell({ isHidden: document.hidden, isOnBattery: battery !== undefined && !battery.charging });
  // A page that is closed or loaded again is hidden on its way, too: that is no wish to leave, and there would be no time for it.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) setTimeout(look, HIDDEN_MS);
    else look();
  });
  look();
  (navigator as WithBattery).getBattery?.().then(
    (found) => {
      battery = found;
      battery.addEventListener('chargingchange', look);
      look();
    },
    // A browser that does not tell: nothing is known, and nothing is paused for it.
    () => {},
  );
}
