// How many threads of this page are to compute now, and why it is not all that were chosen. A pure function of what the person
// chose and of how the device stands.

export interface Standing {
  /** Somebody pressed the button. */
  readonly isStopped: boolean;
  /** Nobody looks at the page. */
  readonly isHidden: boolean;
  /** The device draws on its battery, as far as the browser tells. */
  readonly isOnBattery: boolean;
  /** The checkbox: neither of those two is a reason to pause. */
  readonly goesOn: boolean;
  /** The slider: threads. */
  readonly share: number;
}

export interface Intent {
  readonly threads: number;
  /** Why none, in words; undefined if some are to compute. */
  readonly pause: string | undefined;
  /** Why there are not more, in words for those who watch the run. */
  readonly why: string;
}

export function intentOf(standing: Standing): Intent {
  const pause = pauseOf(standing);
  if (pause === undefined) {
    return { threads: standing.share, pause, why: 'its user wants fewer threads to compute' };
  }
  return { threads: 0, pause, why: standing.isStopped ? 'stopped by its user' : pause };
}

function pauseOf({ isStopped, isHidden, isOnBattery, goesOn }: Standing): string | undefined {
  if (isStopped) return 'you stopped it';
  if (goesOn) return undefined;
  if (isHidden) return 'the tab is in the background';
  return isOnBattery ? 'the device is on battery' : undefined;
}

/** A half of the cores, so that whoever uses the device hardly notices. */
export function usualShare(cores: number): number {
  return Math.max(1, Math.floor(cores / 2));
}
