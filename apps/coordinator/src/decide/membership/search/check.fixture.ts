// What must hold in every world of the search, and from each to the next.
import { digestOf, hold, isStopPoint, type World } from './world.fixture.js';

/** What must hold in every world. */
export function check(before: World, world: World, mayLose: boolean): void {
  const { state, workers, durable } = world;
  const { config, phase } = state;
  for (const { held } of workers) {
    if (!held) continue;
    hold(held.digest === digestOf(held.step), `two digests for step ${held.step}: ${held.digest}`);
  }
  // Nobody is beyond a stop point that is not done.
  const newest = newestStep(world);
  for (let stop = 1; stop < newest; stop++) {
    if (!isStopPoint(config, stop)) continue;
    const isEpochEnd = stop % config.stepsPerEpoch === 0;
    hold(!isEpochEnd || (durable.evaluated?.step ?? 0) >= stop, `step ${stop} was not evaluated`);
    const isDue = stop % config.checkpointEvery === 0;
    hold(!isDue || durable.saved.step >= stop, `step ${stop} was not saved`);
    const isBest = config.keepsBest && durable.judgement.best?.step === stop;
    hold(!isBest || durable.saved.step >= stop, `step ${stop} is the best, and was not saved`);
  }
  const { judgement } = durable;
  const isBeyond = judgement.stopped !== null && newest > judgement.epochs * config.stepsPerEpoch;
  hold(!isBeyond, `step ${newest} was taken after the run's rule ended it`);
  hold(mayLose || newest >= newestStep(before), 'a committed step is lost, and nobody crashed');
  hold(
    phase.name !== 'over' || world.asked === null,
    'whoever asked for a checkpoint is not answered',
  );
  hold(durable.saved.step >= before.durable.saved.step, 'the saved step went down');
  const hasStopped = ['loading', 'preparing', 'running'].includes(phase.name);
  const isTeamSaving = phase.name === 'saving' && phase.team !== null;
  if (!hasStopped && !isTeamSaving) return;
  for (const { id } of state.members) {
    const worker = workers.find((other) => other.id === id);
    hold(
      !worker || worker.generation === state.generation,
      'a member of the generation that forms or runs still runs another one',
    );
  }
}

function newestStep({ workers, durable }: World): number {
  return Math.max(durable.saved.step, ...workers.map(({ held }) => held?.step ?? 0));
}
