// The manifests of deploy/kubernetes as Kubernetes gets them: a kustomization's resources, with its patches, images and namespace.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import jsonPatch from 'fast-json-patch';
import { parse, parseAllDocuments } from 'yaml';

export const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));

/** As far as the tests look into them. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has another, which the schemas check.
  readonly spec: any;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface PodSpec {
  readonly containers: readonly [Container];
  readonly subdomain?: string;
  readonly volumes: readonly {
    readonly name: string;
    readonly emptyDir?: object;
    readonly persistentVolumeClaim?: { readonly claimName: string };
    readonly secret?: {
      readonly secretName: string;
      readonly items?: readonly { readonly key: string; readonly path: string }[];
    };
  }[];
}

export interface Kustomization {
  readonly resources: readonly string[];
  readonly namespace?: string;
  readonly images?: readonly {
    readonly name: string;
    readonly newName: string;
    readonly newTag: string;
  }[];
  readonly patches?: readonly {
    readonly target: { readonly kind: string; readonly name: string };
    readonly patch: string;
  }[];
}

/** Every document of a file. @throws Error if it is not YAML, as Kubernetes reads it */
export function documentsIn(path: string): Manifest[] {
  return parseAllDocuments(readFileSync(path, 'utf8'), { version: '1.1', uniqueKeys: true }).map(
    (document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS();
    },
  );
}

export function kustomizationIn(folder: string): Kustomization {
  return parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'), { version: '1.1' });
}

/**
 * What `kubectl apply -k` applies.
 *
 * @throws Error if a patch has no target, or does not fit it
 */
export function built(folder: string): Manifest[] {
  const { resources, namespace, images = [], patches = [] } = kustomizationIn(folder);
  const found = resources.flatMap((name) => {
    const path = join(folder, name);
    return name.endsWith('.yaml') ? documentsIn(path) : built(path);
  });
  let text = JSON.stringify(found);
  for (const { name, newName, newTag } of images) {
    text = text.replaceAll(
      new RegExp(`"image":"${name}(:[^"]*)?"`, 'g'),
      `"image":"${newName}:${newTag}"`,
    );
  }
  const manifests: Manifest[] = JSON.parse(text);
  for (const { target, patch } of patches) {
    const index = manifests.findIndex(
      ({ kind, metadata }) => kind === target.kind && metadata.name === target.name,
    );
    if (index < 0) throw new Error(`${folder}: no ${target.kind} ${target.name} to patch`);
    const operations = parse(patch);
    manifests[index] = jsonPatch.applyPatch(manifests[index], operations, true).newDocument!;
  }
  return manifests.map((one) =>
    namespace ? { ...one, metadata: { ...one.metadata, namespace } } : one,
  );
}

/** Templates of pods, wherever they stand, by the names of what makes them. */
export function podsOf({ kind, metadata, spec }: Manifest): Readonly<Record<string, PodSpec>> {
  if (kind === 'StatefulSet' || kind === 'Job') return { [metadata.name]: spec.template.spec };
  if (kind !== 'JobSet') return {};
  return Object.fromEntries(
    spec.replicatedJobs.map(
      ({
        name,
        template,
      }: {
        name: string;
        template: { spec: { template: { spec: PodSpec } } };
      }) => [`${metadata.name}-${name}-0`, template.spec.template.spec],
    ),
  );
}

/** What a Dockerfile says of its last stage, by instruction. */
export function imageIn(path: string): {
  readonly env: Record<string, string>;
  readonly text: string;
} {
  const text = readFileSync(path, 'utf8');
  const last = text.slice(text.lastIndexOf('\nFROM'));
  const env = [...last.matchAll(/^ENV (.+)$/gm)].flatMap(([, words]) =>
    words!.split(' ').map((word) => word.split('=') as [string, string]),
  );
  return { env: Object.fromEntries(env), text };
}
