// The manifests of deploy/kubernetes: each as its API's schema has it, with no field that the API does not know; what has to agree
// between them does; and pods are as Kubernetes' restricted standard wants them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../apps/cli/src/errors.js';
import {
  built,
  DEPLOY,
  documentsIn,
  imageIn,
  kustomizationIn,
  type Manifest,
  type PodSpec,
  podsOf,
} from './manifests.js';
import { faultsOf } from './schemas.js';

const KUBERNETES = join(DEPLOY, 'kubernetes');
const FOLDERS = ['base', 'jobset', 'network', 'overlays/example'];
const DOCKERFILE = join(DEPLOY, 'Dockerfile');

const named = (manifests: readonly Manifest[], kind: string): Manifest =>
  manifests.find((one) => one.kind === kind)!;

it('every folder with manifests is looked at', () => {
  const files = readdirSync(KUBERNETES, { recursive: true, encoding: 'utf8' });
  const folders = files.flatMap((name) => /^(.*)\/kustomization\.yaml$/.exec(name)?.[1] ?? []);
  expect(folders.sort()).toEqual([...FOLDERS].sort());
});

describe.each(FOLDERS)('%s', (folder) => {
  const path = join(KUBERNETES, folder);
  const manifests = built(path);
  const pods = Object.entries(
    Object.assign({}, ...manifests.map(podsOf)) as Record<string, PodSpec>,
  );

  it('is a kustomization, with what it names and nothing besides', () => {
    expect(faultsOf(kustomizationIn(path) as unknown as Manifest)).toEqual([]);
    const { resources } = kustomizationIn(path);
    const files = readdirSync(path).filter((name) => name !== 'kustomization.yaml');
    expect(resources.filter((name) => name.endsWith('.yaml')).sort()).toEqual(files.sort());
  });

  it('has resources as their APIs have them', () => {
    expect(manifests.length).toBeGreaterThan(0);
    for (const one of manifests) expect(faultsOf(one), one.metadata.name).toEqual([]);
  });

  it.each(pods)('the pod of %s is restricted, and reads and writes what is mounted', (_, pod) => {
    expect(restrictedFaults(pod)).toEqual([]);
    const [{ args, volumeMounts, env = [] }] = pod.containers;
    const image = Object.values(imageIn(DOCKERFILE).env);
    const paths = [...args, ...image, ...env.map(({ value = '' }) => value)].flatMap(
      (word) => /(?:^|=)(\/[^\s]*)$/.exec(word)?.[1] ?? [],
    );
    expect(paths.length).toBeGreaterThan(3);
    const isMounted = (path: string): boolean =>
      volumeMounts.some(({ mountPath }) => `${path}/`.startsWith(`${mountPath}/`));
    expect(paths.filter((path) => !isMounted(path))).toEqual([]);
  });

  it.each(pods)('the probes of %s ask a port that it serves', (_, pod) => {
    const [{ args, ports, startupProbe, readinessProbe, livenessProbe }] = pod.containers;
    const served = args
      .find((word) => word.startsWith('--prometheus='))!
      .split(':')
      .at(-1);
    for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
      if (!probe) continue;
      const port = ports.find(({ name }) => name === probe.httpGet.port);
      expect(String(port?.containerPort)).toBe(served);
    }
    expect(readinessProbe.httpGet.path).toBe('/readyz');
    expect(livenessProbe.httpGet.path).toBe('/livez');
  });
});

it('the volume of a JobSet is a manifest of its own, so that what removes the one leaves the other', () => {
  const [volume] = documentsIn(join(KUBERNETES, 'volume.yaml'));
  expect(faultsOf(volume!)).toEqual([]);
  const manifests = built(join(KUBERNETES, 'jobset'));
  expect(named(manifests, 'PersistentVolumeClaim')).toBeUndefined();
  const pods: Record<string, PodSpec> = Object.assign({}, ...manifests.map(podsOf));
  const claims = Object.values(pods).flatMap(({ volumes }) =>
    volumes.flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []),
  );
  expect(claims).toEqual([volume!.metadata.name]);
});

describe.each([
  ['base', 'lockstep-coordinator', 'lockstep-workers', 'lockstep-coordinator-0.lockstep'],
  ['jobset', 'lockstep-coordinator-0', 'lockstep-workers-0', 'lockstep-coordinator-0-0.lockstep'],
])('%s', (folder, coordinator, worker, host) => {
  const manifests = built(join(KUBERNETES, folder));
  const pods: Record<string, PodSpec> = Object.assign({}, ...manifests.map(podsOf));
  const argument = (pod: string, flag: string): string | undefined =>
    pods[pod]!.containers[0].args.find((word) => word.startsWith(`--${flag}=`))?.split('=')[1];

  it('workers dial the name and the port at which the coordinator is found', () => {
    const url = pods[worker]!.containers[0].args[0];
    expect(url).toBe(`wss://${host}:${argument(coordinator, 'port')}`);
    expect(argument(coordinator, 'reachable-as')).toBe(host);
    const ports = pods[coordinator]!.containers[0].ports;
    const run = ports.find(({ name }) => name === 'run')!.containerPort;
    expect(String(run)).toBe(argument(coordinator, 'port'));
  });

  it('workers get the authority, and not the key', () => {
    const { secret } = pods[worker]!.volumes.find(({ name }) => name === 'tls')!;
    expect(secret!.items).toEqual([{ key: 'ca.crt', path: 'ca.crt' }]);
  });

  it('the network policy opens the port of the run and that of the probes', () => {
    const { ingress, podSelector } = named(manifests, 'NetworkPolicy').spec;
    const open = ingress.flatMap(({ ports }: { ports: { port: number }[] }) =>
      ports.map(({ port }) => String(port)),
    );
    const probes = argument(coordinator, 'prometheus')!.split(':')[1];
    expect(open).toEqual([argument(coordinator, 'port'), probes]);
    for (const labels of labelsOf(manifests)) expect(labels).toMatchObject(podSelector.matchLabels);
  });

  it("policies of failed pods act on the command's exit statuses", () => {
    const jobs = jobsOf(manifests);
    expect(jobs.length).toBeGreaterThan(0);
    for (const { podFailurePolicy, template, podReplacementPolicy } of jobs) {
      expect(template.spec.restartPolicy).toBe('Never');
      expect(podReplacementPolicy).toBe('Failed');
      const [{ name }] = template.spec.containers;
      const byStatus = podFailurePolicy.rules.filter(
        (rule: { onExitCodes?: object }) => rule.onExitCodes,
      );
      expect(
        byStatus.map(
          (rule: { action: string; onExitCodes: { containerName: string; values: number[] } }) => ({
            ...{
              action: rule.action,
              name: rule.onExitCodes.containerName,
              values: rule.onExitCodes.values,
            },
          }),
        ),
      ).toEqual([
        { action: 'Ignore', name, values: [EXIT.interrupted] },
        { action: 'FailJob', name, values: [EXIT.usage] },
      ]);
    }
  });
});

it('the Service of base has the pods of both, and is the one that they are named by', () => {
  const manifests = built(join(KUBERNETES, 'base'));
  const service = named(manifests, 'Service');
  const workers = named(manifests, 'Job');
  const coordinator = named(manifests, 'StatefulSet');
  expect(coordinator.spec.serviceName).toBe(service.metadata.name);
  expect(workers.spec.template.spec.subdomain).toBe(service.metadata.name);
  for (const labels of labelsOf(manifests)) expect(labels).toMatchObject(service.spec.selector);
  expect(service.spec.clusterIP).toBe('None');
  expect(workers.spec.completions).toBe(workers.spec.parallelism);
});

it('the example changes what it says', () => {
  const manifests = built(join(KUBERNETES, 'overlays/example'));
  const { newName, newTag } = kustomizationIn(join(KUBERNETES, 'overlays/example')).images![0]!;
  const pods = Object.values(
    Object.assign({}, ...manifests.map(podsOf)) as Record<string, PodSpec>,
  );
  for (const { containers } of pods) expect(containers[0].image).toBe(`${newName}:${newTag}`);
  for (const { metadata } of manifests) expect(metadata.namespace).toBe('training');
  const { completions, parallelism } = named(manifests, 'Job').spec;
  expect([completions, parallelism]).toEqual([16, 16]);
});

describe('the image', () => {
  const { text } = imageIn(DOCKERFILE);
  const last = text.slice(text.lastIndexOf('\nFROM'));

  it('is small, runs as nobody, and is the command', () => {
    expect(last).toMatch(/^\nFROM node:\d+-bookworm-slim$/m);
    expect(last).toMatch(/^USER 65534:65534$/m);
    expect(last).toMatch(/^ENTRYPOINT \["lockstep"\]$/m);
  });

  it('is built from a base of the same system, with the version of pnpm that the project has', () => {
    const [build, run] = [...text.matchAll(/^FROM (\S+)/gm)].map(([, name]) => name);
    expect(run).toBe(`${build}-slim`);
    const { packageManager } = JSON.parse(readFileSync(join(DEPLOY, '../package.json'), 'utf8'));
    const versions = new Set([...text.matchAll(/pnpm@[\d.]+/g)].map(([version]) => version));
    expect([...versions]).toEqual([packageManager]);
  });
});

describe('the checks see what they look for', () => {
  const job = (): Manifest =>
    structuredClone(named(documentsIn(join(KUBERNETES, 'base/workers.yaml')), 'Job'));

  it.each<[string, (spec: Manifest['spec']) => void]>([
    ['an unknown field', (spec) => Object.assign(spec, { podFailurePolcy: {} })],
    [
      'an unknown field deep inside',
      (spec) => Object.assign(spec.template.spec.containers[0].livenessProbe.httpGet, { url: '/' }),
    ],
    ['a value of another type', (spec) => Object.assign(spec, { completions: 'four' })],
    ['a missing field', (spec) => delete spec.template],
  ])('%s', (_, spoil) => {
    const spoilt = job();
    spoil(spoilt.spec);
    expect(faultsOf(job())).toEqual([]);
    expect(faultsOf(spoilt)).not.toEqual([]);
  });

  it.each<[string, (spec: PodSpec & Record<string, unknown>) => void]>([
    ['root', (spec) => Object.assign(spec, { securityContext: {} })],
    ['the network of the node', (spec) => Object.assign(spec, { hostNetwork: true })],
    [
      'a folder of the node',
      (spec) => Object.assign(spec, { volumes: [{ name: 'runs', hostPath: { path: '/' } }] }),
    ],
    [
      'privileges',
      (spec) => Object.assign(spec.containers[0], { securityContext: { privileged: true } }),
    ],
  ])('a pod with %s', (_, spoil) => {
    const { spec } = job().spec.template;
    spoil(spec);
    expect(restrictedFaults(spec)).not.toEqual([]);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: the schemas have checked it.
function jobsOf(manifests: readonly Manifest[]): any[] {
  return manifests.flatMap(({ kind, spec }) => {
    if (kind === 'Job') return [spec];
    if (kind !== 'JobSet') return [];
    return spec.replicatedJobs.map(({ template }: { template: { spec: object } }) => template.spec);
  });
}

function labelsOf(manifests: readonly Manifest[]): object[] {
  const templates = [
    ...jobsOf(manifests).map(({ template }) => template),
    ...manifests.flatMap(({ kind, spec }) => (kind === 'StatefulSet' ? [spec.template] : [])),
  ];
  return templates.map(({ metadata }) => metadata.labels);
}

/** What Kubernetes' Pod Security Standards have of "restricted", and a root file system that is only read. */
function restrictedFaults(pod: PodSpec): string[] {
  // biome-ignore lint/suspicious/noExplicitAny: the schemas have checked it.
  const { securityContext = {}, containers, volumes, ...rest } = pod as any;
  const kinds = [
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ];
  const holds: [string, boolean][] = [
    ['runAsNonRoot', securityContext.runAsNonRoot === true],
    ['runAsUser', securityContext.runAsUser > 0],
    ['seccompProfile', securityContext.seccompProfile?.type === 'RuntimeDefault'],
    ['host namespaces', !rest.hostNetwork && !rest.hostPID && !rest.hostIPC],
    ['service account token', rest.automountServiceAccountToken === false],
    ...volumes.map(({ name, ...volume }: { name: string }) => [
      `volume ${name}`,
      Object.keys(volume).every((kind) => kinds.includes(kind)),
    ]),
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    ...containers.flatMap(({ name, securityContext: own = {}, resources, ports }: any) => [
      [`${name}: privilege escalation`, own.allowPrivilegeEscalation === false && !own.privileged],
      [
        `${name}: capabilities`,
        own.capabilities?.drop?.includes('ALL') === true && !own.capabilities.add,
      ],
      [`${name}: root file system`, own.readOnlyRootFilesystem === true],
      [
        `${name}: resources`,
        Boolean(
          resources?.requests?.memory && resources?.requests?.cpu && resources?.limits?.memory,
        ),
      ],
      [`${name}: host ports`, ports.every((port: object) => !('hostPort' in port))],
    ]),
  ];
  return holds.filter(([, isSo]) => !isSo).map(([what]) => what);
}
