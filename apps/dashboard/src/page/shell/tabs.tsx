// The tabs, as the ARIA practices have them: one is in the order of focus, arrows, Home and End go from one to the next.
// Source: WAI-ARIA Authoring Practices, Tabs Pattern.
import { useRef } from 'preact/hooks';
import { TABS, type Tab } from './address.js';

export const TAB_NAMES: Readonly<Record<Tab, string>> = {
  run: 'Run',
  workers: 'Workers',
  model: 'Model',
  try: 'Try it',
};

interface TabsProps {
  readonly shown: Tab;
  readonly show: (tab: Tab) => void;
}

export function Tabs({ shown, show }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const go = (tab: Tab): void => {
    show(tab);
    list.current?.querySelector<HTMLElement>(`#tab-${tab}`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextTab(shown, event.key);
    if (next === undefined) return;
    event.preventDefault();
    go(next);
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" ref={list} onKeyDown={onKeyDown}>
      {TABS.map((tab) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={`tab-${tab}`}
          aria-selected={tab === shown}
          aria-controls="panel"
          tabIndex={tab === shown ? 0 : -1}
          onClick={() => show(tab)}
        >
          {TAB_NAMES[tab]}
        </button>
      ))}
    </div>
  );
}

/** Where a key leads; undefined if nowhere. */
export function nextTab(shown: Tab, key: string): Tab | undefined {
  const at = TABS.indexOf(shown);
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    Home: 0,
    End: -1,
  };
  const to = steps[key];
  return to === undefined ? undefined : TABS.at(to % TABS.length);
}
