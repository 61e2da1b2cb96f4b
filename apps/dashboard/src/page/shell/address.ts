// What the page's URL says behind the `#`, which browsers send to nobody: the server's token, which tab is shown and of which
// run. Unknown names are kept as they are.

export const TABS = ['run', 'workers', 'model', 'try'] as const;
export type Tab = (typeof TABS)[number];

export interface Address {
  readonly token: string | null;
  readonly tab: Tab;
  /** null: the first. */
  readonly run: string | null;
}

export function readAddress(fragment: string): Address {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''));
  const tab = TABS.find((name) => name === parts.get('tab')) ?? 'run';
  return { token: parts.get('token'), tab, run: parts.get('run') };
}

/** The fragment with another tab or run in it. */
export function withPlace(fragment: string, { tab, run }: Omit<Address, 'token'>): string {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''));
  parts.set('tab', tab);
  if (run === null) parts.delete('run');
  else parts.set('run', run);
  return `#${parts}`;
}
