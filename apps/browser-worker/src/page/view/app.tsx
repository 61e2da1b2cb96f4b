// The page as it is drawn from its model; what a person does goes out through `Acts`.
import { LaneRow } from './lane-row.js';
import { explanation, headline, type Model } from './model.js';

export interface Acts {
  readonly stop: () => void;
  readonly start: () => void;
  readonly setShare: (share: number) => void;
  readonly setGoesOn: (goesOn: boolean) => void;
  readonly takeToken: (token: string) => void;
}

export function App({ model, acts }: { readonly model: Model; readonly acts: Acts }) {
  return (
    <main>
      <header>
        <p class="kind">Lockstep worker in this browser</p>
        <h1 aria-live="polite">{headline(model)}</h1>
        <p class="what">{explanation(model)}</p>
      </header>
      {model.hasToken ? <Controls model={model} acts={acts} /> : <TokenField acts={acts} />}
      {model.hasToken && <Progress model={model} />}
      {model.lanes.length > 0 && (
        <section aria-label="Threads">
          <h2>Threads</h2>
          <ul class="lanes">
            {model.lanes.map((lane) => (
              <LaneRow key={lane.place} lane={lane} />
            ))}
          </ul>
          <p class="legend">
            <span class="key computing" /> computing <span class="key sending" /> sending{' '}
            <span class="key waiting" /> waiting for others, as shares of a step
          </p>
        </section>
      )}
      {model.lines.length > 0 && <Log model={model} />}
    </main>
  );
}

function Controls({ model, acts }: { readonly model: Model; readonly acts: Acts }) {
  const { standing, cores, over } = model;
  const isAtRest = standing.isStopped || over !== undefined;
  return (
    <section class="controls" aria-label="What this page may use">
      <button
        type="button"
        class={isAtRest ? 'main' : ''}
        onClick={isAtRest ? acts.start : acts.stop}
      >
        {over ? 'Join again' : isAtRest ? 'Start' : 'Stop'}
      </button>
      <label class="share">
        <span>
          Cores: {standing.share} of {cores}
        </span>
        <input
          type="range"
          min={1}
          max={cores}
          value={standing.share}
          onChange={(event) => acts.setShare(event.currentTarget.valueAsNumber)}
        />
      </label>
      <label class="goes-on">
        <input
          type="checkbox"
          checked={standing.goesOn}
          onChange={(event) => acts.setGoesOn(event.currentTarget.checked)}
        />
        <span>Go on in the background and on battery</span>
      </label>
    </section>
  );
}

function TokenField({ acts }: { readonly acts: Acts }) {
  return (
    <form
      class="controls"
      onSubmit={(event) => {
        event.preventDefault();
        acts.takeToken(String(new FormData(event.currentTarget).get('token') ?? '').trim());
      }}
    >
      <label>
        <span>Token</span>
        <input type="password" name="token" autocomplete="off" required />
      </label>
      <button type="submit" class="main">
        Join
      </button>
    </form>
  );
}

function Progress({ model }: { readonly model: Model }) {
  const status = model.lanes.map((lane) => lane.status).find((one) => one?.steps !== undefined);
  if (status?.steps === undefined) return null;
  const { step = 0, steps, run, generation, members, pace } = status;
  return (
    <section aria-label="Progress of the run">
      <h2>{run}</h2>
      <progress max={steps} value={step} aria-label={`Step ${step} of ${steps}`} />
      <dl>
        <dt>Step</dt>
        <dd>
          {step} of {steps}
        </dd>
        <dt>Loss of the last batch</dt>
        <dd>{pace === undefined ? '–' : pace.loss.toPrecision(4)}</dd>
        <dt>Workers</dt>
        <dd>{members === 0 ? '–' : `${members}, in generation ${generation}`}</dd>
      </dl>
    </section>
  );
}

function Log({ model }: { readonly model: Model }) {
  return (
    <section aria-label="What happened">
      <h2>What happened</h2>
      <ol class="log">
        {model.lines.map(({ time, text }) => (
          <li key={`${time.getTime()} ${text}`}>
            <time dateTime={time.toISOString()}>{time.toLocaleTimeString()}</time> {text}
          </li>
        ))}
      </ol>
    </section>
  );
}
