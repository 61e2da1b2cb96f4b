// What the network says: classes with bars for their probabilities, which move while somebody draws; values by name.
import type { Answer, ClassAnswer, ValueAnswer } from '../brain/answer.js';
import { formatNumber, formatShare } from '../shell/format.js';

/** Of more classes the most probable are shown. */
const MOST_IN_ORDER = 20;
const MOST_VALUES = 40;
const MOST_LABELS = 200;

interface AnswerProps {
  /** Undefined while nothing was asked. */
  readonly answer: Answer | undefined;
}

export function AnswerView({ answer }: AnswerProps) {
  return (
    <section class="card answer-card">
      <header>
        <h2>What the network says</h2>
      </header>
      <p class="for-readers" role="status">
        {answer && inWords(answer)}
      </p>
      {!answer && <p class="quiet">Nothing yet: give it something.</p>}
      {answer?.kind === 'classes' && <Bars answer={answer} />}
      {answer?.kind === 'values' && <Values answer={answer} />}
      {answer?.kind === 'positions' && <Labels labels={answer.labels} />}
      {answer?.kind === 'parts' &&
        answer.parts.map(({ name, answer: part }) => (
          <div key={name} class="answer-part">
            <h3>{name}</h3>
            {part.kind === 'classes' ? <Bars answer={part} /> : <Values answer={part} />}
          </div>
        ))}
    </section>
  );
}

function inWords(answer: Answer): string {
  if (answer.kind === 'classes') {
    return `${answer.label}, ${formatShare(answer.probabilities[answer.index]!)}`;
  }
  if (answer.kind === 'values') {
    return answer.values
      .slice(0, MOST_VALUES)
      .map((value, i) => `${answer.names[i]} ${formatNumber(value)}`)
      .join(', ');
  }
  if (answer.kind === 'positions') return answer.labels.slice(0, MOST_LABELS).join(', ');
  return answer.parts.map(({ name, answer: part }) => `${name}: ${inWords(part)}`).join('; ');
}

function Bars({ answer }: { readonly answer: ClassAnswer }) {
  const { probabilities, names, index } = answer;
  const order = [...probabilities.keys()];
  const isMany = order.length > MOST_IN_ORDER;
  if (isMany) order.sort((a, b) => probabilities[b]! - probabilities[a]!);
  return (
    <>
      <ul class="class-bars">
        {order.slice(0, MOST_IN_ORDER).map((i) => (
          <li key={i} class={i === index ? 'class-bar most' : 'class-bar'}>
            <span class="class-bar-name">{names[i] ?? i}</span>
            <span class="class-bar-track" aria-hidden="true">
              <span class="class-bar-fill" style={{ '--share': probabilities[i]! }} />
            </span>
            <span class="class-bar-share">{formatShare(probabilities[i]!)}</span>
          </li>
        ))}
      </ul>
      {isMany && (
        <p class="quiet">
          The most probable {MOST_IN_ORDER} of {order.length} classes.
        </p>
      )}
    </>
  );
}

function Values({ answer }: { readonly answer: ValueAnswer }) {
  const { values, names } = answer;
  return (
    <>
      <dl class="values">
        {values.slice(0, MOST_VALUES).map((value, i) => (
          <div key={i}>
            <dt>{names[i]}</dt>
            <dd>{formatNumber(value)}</dd>
          </div>
        ))}
      </dl>
      {values.length > MOST_VALUES && (
        <p class="quiet">
          The first {MOST_VALUES} of {values.length} values.
        </p>
      )}
    </>
  );
}

function Labels({ labels }: { readonly labels: readonly string[] }) {
  return (
    <>
      <p>The most probable label at each position:</p>
      <p class="mono labels">{labels.slice(0, MOST_LABELS).join(' ')}</p>
      {labels.length > MOST_LABELS && (
        <p class="quiet">
          The first {MOST_LABELS} of {labels.length} positions.
        </p>
      )}
    </>
  );
}
