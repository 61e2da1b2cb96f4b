// A region that scrolls where it has no room: the keyboard reaches it, so that it can be scrolled without a mouse.
import type { ComponentChildren } from 'preact';

interface ScrollingProps {
  /** What is in it. */
  readonly label: string;
  readonly children: ComponentChildren;
}

export function Scrolling({ label, children }: ScrollingProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard (WCAG 2.1.1)
    <section class="scrolls" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
