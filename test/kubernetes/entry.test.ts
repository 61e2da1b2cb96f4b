// The commands of the manifests, run as they stand there with what Kubernetes would give them: pods are replaced in the middle, and the
// weights are those of one thread.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { events, workplace } from '../cli/lockstep.js';
import { type Outcome, outcomeOf, recordedOutcome, toldBy } from '../cluster/cluster.js';
import { built, DEPLOY, type PodSpec, podsOf } from './manifests.js';
import { type Pod, PodCluster } from './pod.js';

const { lockstep, path } = workplace();

/** What an overlay would say of the run; everything else is the manifests'. */
const RUN = [
  ...['--offline', '--limit-train', '2048', '--limit-test', '256', '--hidden', '24'],
  ...['--epochs', '24', '--shards', '8'],
];

/** Pods begin slowly on a machine that others use, too. */
const LIMIT_MS = 180_000;

let expected: Outcome;
beforeAll(async () => {
  const { status, stdout, stderr } = await lockstep(
    'train',
    '--json',
    '--threads',
    '1',
    ...RUN,
    '--out',
    'one',
  );
  expect(status, stderr).toBe(0);
  expected = outcomeOf(events(stdout));
});

let cluster: PodCluster | undefined;
afterEach(() => cluster?.end());

/** Secrets as docs/kubernetes.md has them made. */
async function secretsFor(host: string) {
  const { status, stderr } = await lockstep('certs', host, '--host', host);
  expect(status, stderr).toBe(0);
  const text = (name: string): string => readFileSync(path(host, name), 'utf8');
  return {
    'lockstep-token': { token: 'a token for tests, and for nothing else\n' },
    'lockstep-tls': {
      'ca.crt': text('ca.pem'),
      'tls.crt': text(`${host}.pem`),
      'tls.key': text(`${host}.key`),
    },
  };
}

async function podsIn(folder: string): Promise<Readonly<Record<string, PodSpec>>> {
  return Object.assign({}, ...built(join(DEPLOY, 'kubernetes', folder)).map(podsOf));
}

/** With the run that is to be. */
function training(spec: PodSpec): PodSpec {
  const [container] = spec.containers;
  // A worker that is stopped is not lost.
  const args = [...container.args, ...RUN, '--heartbeat-timeout-ms', '60000'];
  return { ...spec, containers: [{ ...container, args }] };
}

async function tells({ running }: Pod, event: string, count: number): Promise<void> {
  while (toldBy(running).filter((told) => told.event === event).length < count)
    await running.changes();
}

describe.skipIf(process.platform !== 'linux')(
  'base (addresses of its own for each pod; Linux only)',
  { timeout: LIMIT_MS },
  () => {
    it('pods of workers and of the coordinator are replaced, and the run ends as on one thread', async () => {
      const pods = await podsIn('base');
      const of = pods['lockstep-coordinator']!;
      cluster = new PodCluster(path(), await secretsFor('lockstep-coordinator-0.lockstep'));
      const coordinatorPod = (): Pod =>
        cluster!.start('lockstep-coordinator-0', 'lockstep-coordinator-0', training(of), {
          service: 'lockstep',
        });
      const workerPod = (index: number, suffix: string): Pod =>
        cluster!.start(
          `lockstep-workers-${index}-${suffix}`,
          `lockstep-workers-${index}`,
          pods['lockstep-workers']!,
          { service: 'lockstep', index },
        );

      // Before there is a coordinator, a worker waits, and lives.
      const early = workerPod(0, 'early');
      await early.probed('livenessProbe', 200);
      expect(await early.probe('readinessProbe')).toBe(503);
      const first = coordinatorPod();
      await first.probed('startupProbe', 200);
      await early.probed('readinessProbe', 200);
      const other = workerPod(1, 'first');
      await tells(first, 'epoch-end', 2);
      expect(await first.probe('livenessProbe')).toBe(200);

      // A node is gone, and the pod is replaced; the run stands meanwhile with its other worker.
      early.running.child.kill('SIGSTOP');
      other.running.child.kill('SIGKILL');
      await tells(first, 'worker-lost', 1);
      const replaced = workerPod(1, 'second');
      await tells(first, 'worker-joined', 3);

      // The coordinator's node is drained: SIGTERM, and the StatefulSet's pod with its volume elsewhere.
      first.running.child.kill('SIGTERM');
      early.running.child.kill('SIGCONT');
      expect((await first.running.finished).status).toBe(130);
      await early.probed('readinessProbe', 503);
      expect(await early.probe('livenessProbe')).toBe(200);
      const second = coordinatorPod();
      const ended = await second.running.finished;
      expect(ended.status, ended.stderr).toBe(0);
      for (const { running } of [early, replaced]) {
        const { status, stderr } = await running.finished;
        expect(status, stderr).toBe(0);
      }
      expect(recordedOutcome(path('claims', 'runs-lockstep-coordinator-0', 'lockstep'))).toEqual(
        expected,
      );

      // It is started again whatever it ended with.
      const again = await coordinatorPod().running.finished;
      expect(again.status, again.stderr).toBe(0);
    });

    it('a worker that is asked to go leaves with 130, and one that is wrong ends with 2: what the policy acts on', async () => {
      const pods = await podsIn('base');
      const spec = pods['lockstep-workers']!;
      const { 'lockstep-tls': tls } = await secretsFor('lockstep-coordinator-0.lockstep');
      cluster = new PodCluster(path(), { 'lockstep-token': { token: '\n' }, 'lockstep-tls': tls });
      const wrong = cluster.start('wrong', 'lockstep-workers-0', spec, {
        service: 'lockstep',
        index: 0,
      });
      expect((await wrong.running.finished).status).toBe(2);
      await cluster.end();
      cluster = new PodCluster(path(), {
        'lockstep-token': { token: 'a token for tests, and no other' },
        'lockstep-tls': tls,
      });
      const asked = cluster.start('asked', 'lockstep-workers-0', spec, {
        service: 'lockstep',
        index: 0,
      });
      await asked.probed('livenessProbe', 200);
      asked.running.child.kill('SIGTERM');
      expect((await asked.running.finished).status).toBe(130);
    });
  },
);

describe.skipIf(process.platform !== 'linux')(
  'jobset (addresses of its own for each pod; Linux only)',
  { timeout: LIMIT_MS },
  () => {
    it('ends by itself with the run of one thread', async () => {
      const pods = await podsIn('jobset');
      cluster = new PodCluster(path(), await secretsFor('lockstep-coordinator-0-0.lockstep'));
      const start = (job: string, index: number, spec: PodSpec): Pod =>
        cluster!.start(`${job}-${index}-abcde`, `${job}-${index}`, spec, {
          service: 'lockstep',
          index,
        });
      const coordinator = start(
        'lockstep-coordinator-0',
        0,
        training(pods['lockstep-coordinator-0']!),
      );
      const workers = [0, 1].map((index) =>
        start('lockstep-workers-0', index, pods['lockstep-workers-0']!),
      );
      for (const { running } of [coordinator, ...workers]) {
        const { status, stderr } = await running.finished;
        expect(status, stderr).toBe(0);
      }
      expect(recordedOutcome(path('claims', 'runs-lockstep-coordinator-0-0', 'lockstep'))).toEqual(
        expected,
      );
    });
  },
);
