// A tab whose code comes when it is first shown.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { TabProps } from './tab-props.js';

export type Load = () => Promise<ComponentType<TabProps>>;

type Loaded =
  | { readonly component: ComponentType<TabProps> }
  | { readonly failure: string }
  | undefined;

export function lazy(load: Load): ComponentType<TabProps> {
  let known: ComponentType<TabProps> | undefined;
  return function Lazy(props) {
    const [loaded, setLoaded] = useState<Loaded>(known && { component: known });
    useEffect(() => {
      if (known !== undefined) return;
      load().then(
        (component) => {
          known = component;
          setLoaded({ component });
        },
        (error: unknown) => setLoaded({ failure: failureOf(error) }),
      );
    }, []);
    if (loaded === undefined) return <p class="quiet">Loading …</p>;
    if ('failure' in loaded) {
      return <p class="failure">{loaded.failure}</p>;
    }
    return <loaded.component {...props} />;
  };
}

/** Browsers say of code that they could not fetch that it is a TypeError. */
function failureOf(error: unknown): string {
  return error instanceof TypeError
    ? 'This tab cannot be shown, since its code was not fetched before, and nobody answers at this address now. Once somebody does, reload the page: until then the other tabs keep what they have.'
    : `This tab cannot be loaded: ${String(error)}. Reload the page.`;
}
