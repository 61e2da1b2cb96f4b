// Light or dark: as the system says, or as somebody chose here. CSS reads it from the page's root.
import { useEffect } from 'preact/hooks';
import { useSetting } from './settings.js';

const NEXT = { system: 'light', light: 'dark', dark: 'system' } as const;
type Theme = keyof typeof NEXT;

const SIGNS: Readonly<Record<Theme, string>> = { system: '◐', light: '☀', dark: '☾' };

export function ThemeChoice() {
  const [theme, setTheme] = useSetting<Theme>('theme', ['system', 'light', 'dark']);
  useEffect(() => {
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    root.dispatchEvent(new Event('themechange'));
  }, [theme]);
  return (
    <button
      type="button"
      class="icon"
      title={`Colours: ${theme}`}
      aria-label={`Colours: ${theme}. Change to ${NEXT[theme]}`}
      onClick={() => setTheme(NEXT[theme])}
    >
      <span aria-hidden="true">{SIGNS[theme]}</span>
    </button>
  );
}

/** For what draws on a canvas: it has CSS's colours only when it asks. @returns what ends it */
export function onThemeChange(listener: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;
  query.addEventListener('change', listener);
  root.addEventListener('themechange', listener);
  return () => {
    query.removeEventListener('change', listener);
    root.removeEventListener('themechange', listener);
  };
}
