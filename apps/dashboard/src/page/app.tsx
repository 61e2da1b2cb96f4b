// The page: who is watched, the tabs, and what stands above them all.
import { useEffect, useState } from 'preact/hooks';
import type { Source, SourceState } from '../contract.js';
import { RunTab } from './run/run-tab.js';
import { type Address, readAddress, type Tab, withPlace } from './shell/address.js';
import { commandLine } from './shell/command-line.js';
import { ConnectionState } from './shell/connection-state.js';
import { lazy } from './shell/lazy.js';
import { Runs } from './shell/runs.js';
import { Tabs } from './shell/tabs.js';
import { ThemeChoice } from './shell/theme.js';
import type { RunState } from './store/run-state.js';
import { type Store, useStore } from './store/store.js';
import { WorkersTab } from './workers/workers-tab.js';

const ModelTab = lazy(async () => (await import('./model/model-tab.js')).ModelTab);
const TryTab = lazy(async () => (await import('./try/try-tab.js')).TryTab);

interface AppProps {
  readonly source: Source;
  readonly store: Store;
  /** What a reader should know of what is shown. */
  readonly notes: readonly string[];
}

export function App({ source, store, notes }: AppProps) {
  const state = useStore(store);
  const [connection, setConnection] = useState<SourceState>('connecting');
  const [address, go] = useAddress();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => source.listen((message) => store.hear(message), setConnection), [source, store]);
  const runs = [...state.values()];
  const run = (address.run !== null && state.get(address.run)) || runs[0];
  useEffect(() => {
    document.title = run === undefined ? 'Lockstep' : `${run.info.name} · Lockstep`;
  }, [run?.info.name]);
  const isHeard = connection === 'connecting' || connection === 'connected';
  const compared = runs.filter((other) => other === run || !hidden.has(other.info.id));
  const toggle = (id: string): void => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  return (
    <div class="page">
      <header class="top">
        <h1 class="brand">Lockstep</h1>
        <Tabs shown={address.tab} show={(tab) => go({ ...address, tab })} />
        <span class="top-end">
          {source.isLive && (
            <ConnectionState state={connection} isLive={runs.some(({ info }) => info.isLive)} />
          )}
          <ThemeChoice />
        </span>
      </header>
      {runs.length > 1 && (
        <Runs
          runs={runs}
          shown={run}
          hidden={hidden}
          isHeard={isHeard}
          toggle={toggle}
          show={(id) => go({ ...address, run: id })}
        />
      )}
      <main>
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${address.tab}`}>
          {notes.map((note) => (
            <p class="note" key={note}>
              {note}
            </p>
          ))}
          {run !== undefined && <Away connection={connection} runs={runs} />}
          {run === undefined ? (
            <Nothing connection={connection} />
          ) : (
            <Shown tab={address.tab} {...{ run, compared, runs, source, store, isHeard }} />
          )}
        </div>
      </main>
    </div>
  );
}

type ShownProps = Omit<Parameters<typeof RunTab>[0], 'all'> & {
  readonly tab: Tab;
  readonly store: Store;
  readonly runs: Parameters<typeof RunTab>[0]['all'];
};

function Shown({ tab, run, compared, runs, source, store, isHeard }: ShownProps) {
  const props = { key: run.info.id, run: run.info, source, store };
  switch (tab) {
    case 'run':
      return <RunTab all={runs} {...{ run, compared, source, isHeard }} />;
    case 'workers':
      return <WorkersTab key={run.info.id} {...{ run, source, isHeard }} />;
    case 'model':
      return <ModelTab {...props} />;
    case 'try':
      return <TryTab {...props} />;
  }
}

function Nothing({ connection }: { readonly connection: SourceState }) {
  const words: Readonly<Record<SourceState, string>> = {
    connecting: 'Connecting …',
    connected: 'The run is being put together, and shown as soon as it begins.',
    lost: 'The server does not answer. It is asked again until it does.',
    gone: 'The server has ended.',
    refused:
      'The server refused this page: its address lacks the token, or has one of another server. Open the whole address that ' +
      'the command printed.',
  };
  return <p class={connection === 'refused' ? 'failure' : 'quiet'}>{words[connection]}</p>;
}

/** What becomes of the page when nobody tells it anything any more. */
function Away({ connection, runs }: { connection: SourceState; runs: readonly RunState[] }) {
  const folders = runs.flatMap(({ info }) => info.folder ?? []);
  if (connection === 'refused') {
    return (
      <p class="note" role="status">
        Another server is at this address now, with a token of its own, and this page shows what it
        last heard. Open the whole address that the other command printed.
      </p>
    );
  }
  if (connection !== 'gone' && connection !== 'lost') return null;
  return (
    <p class="note" role="status">
      {connection === 'gone'
        ? 'The command that served this page has ended, and the page stays as it was then.'
        : 'The command that served this page does not answer: it was killed, or cannot be reached. The page shows what it last heard, and goes on as soon as it answers.'}
      {folders.length > 0 && (
        <>
          {' '}
          It is served again by <code>{commandLine('lockstep', 'dashboard', ...folders)}</code>, at
          an address with another token.
        </>
      )}
    </p>
  );
}

/** Where the URL says that the reader is; going somewhere changes it in place. */
function useAddress(): [address: Address, go: (to: Address) => void] {
  const [address, setAddress] = useState(() => readAddress(location.hash));
  useEffect(() => {
    const look = (): void => setAddress(readAddress(location.hash));
    addEventListener('hashchange', look);
    return () => removeEventListener('hashchange', look);
  }, []);
  const go = (to: Address): void => {
    history.replaceState(null, '', withPlace(location.hash, to));
    setAddress(to);
  };
  return [address, go];
}
