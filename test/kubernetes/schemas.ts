// What is wrong with a manifest, by its API: values and required fields by the API's schemas (kubernetes-models), fields that the API
// does not know by the classes of Kubernetes' own client, which list all that it does. (Its classes alone: the rest of it needs a
// newer Node.) JobSet and Kustomize have closed schemas here, of the fields that their versions have.
import * as client from '@kubernetes/client-node/dist/gen/models/all.js';
import { Ajv } from 'ajv';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Service } from 'kubernetes-models/v1/Service';
import jobSetSchema from './jobset-v1alpha2.json' with { type: 'json' };
import kustomizationSchema from './kustomization-v1beta1.json' with { type: 'json' };
import type { Manifest } from './manifests.js';

type Model = new (data: never) => { validate(): void };

const MODELS: Readonly<Record<string, Model>> = {
  'apps/v1 StatefulSet': StatefulSet,
  'batch/v1 Job': Job,
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy,
  'v1 PersistentVolumeClaim': PersistentVolumeClaim,
  'v1 Service': Service,
};

const ajv = new Ajv({ allErrors: true });
const CLOSED = {
  'jobset.x-k8s.io/v1alpha2 JobSet': ajv.compile(jobSetSchema),
  'kustomize.config.k8s.io/v1beta1 Kustomization': ajv.compile(kustomizationSchema),
};

/** @returns nothing for a manifest that its API takes */
export function faultsOf(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest;
  const name = `${apiVersion} ${kind}`;
  const closed = CLOSED[name as keyof typeof CLOSED];
  if (closed) {
    if (!closed(manifest)) return closed.errors!.map((error) => ajv.errorsText([error]));
    return kind === 'JobSet' ? manifest.spec.replicatedJobs.flatMap(faultsOfReplicated) : [];
  }
  const model = MODELS[name];
  if (!model) return [`there is no ${name} in this test`];
  return [...faultsOfModel(model, manifest), ...unknownFields(manifest, `V1${kind}`, kind)];
}

/** What a JobSet makes of it is a Job. */
function faultsOfReplicated({ name, template }: { name: string; template: object }): string[] {
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, ...template } as Manifest;
  return faultsOf(job).map((fault) => `${name}: ${fault}`);
}

function faultsOfModel(Model: Model, manifest: Manifest): string[] {
  try {
    new Model(manifest as never).validate();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

/** Fields that the class has not, by their paths. Types are written as `V1Container`, `Array<V1Container>` or `{ [key: string]: string; }`. */
function unknownFields(value: unknown, type: string, path: string): string[] {
  const [, item] = /^(?:Set|Array)<(.+)>$/.exec(type) ?? [];
  if (item) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((one, index) => unknownFields(one, item, `${path}[${index}]`));
  }
  const known = (client as unknown as Record<string, { getAttributeTypeMap?(): Attribute[] }>)[
    type
  ];
  if (!known?.getAttributeTypeMap || typeof value !== 'object' || value === null) return [];
  const attributes = known.getAttributeTypeMap();
  return Object.entries(value).flatMap(([key, inner]) => {
    const attribute = attributes.find(({ baseName }) => baseName === key);
    if (!attribute) return [`${path}.${key} is not known`];
    return unknownFields(inner, attribute.type, `${path}.${key}`);
  });
}
