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
        (error: unknown) => setLoaded({ failure: String(error) }),
      );
    }, []);
    if (loaded === undefined) return <p class="quiet">Loading …</p>;
    if ('failure' in loaded) {
      return <p class="failure">This tab cannot be loaded: {loaded.failure}. Reload the page.</p>;
    }
    return <loaded.component {...props} />;
  };
}
