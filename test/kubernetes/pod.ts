// A pod as the kubelet starts it, but on this machine: its command as the manifest has it, with the variables, mounted files, names
// and probes that it would get.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Running } from '../cli/lockstep.js';
import { type Container, DEPLOY, imageIn, type PodSpec } from './manifests.js';

const NETWORK = fileURLToPath(new URL('pod-network.mjs', import.meta.url));
/** Addresses that no other test of this machine takes. */
const SUBNET = `127.${16 + (process.pid % 200)}.${process.ppid % 250}`;
const LOOK_AGAIN_MS = 100;

/** What pods share: names, secrets, volumes that stay. */
export class PodCluster {
  readonly #folder: string;
  readonly #names: Record<string, string> = {};
  readonly #secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly #pods: Pod[] = [];

  /** @param secrets the texts of each secret's keys */
  constructor(folder: string, secrets: Readonly<Record<string, Readonly<Record<string, string>>>>) {
    this.#folder = folder;
    this.#secrets = secrets;
  }

  /** @param hostname what its Service calls it; @param claim a volume of its own that stays */
  start(
    name: string,
    hostname: string,
    spec: PodSpec,
    more: { service: string; index?: number },
  ): Pod {
    const address = `${SUBNET}.${this.#pods.length + 1}`;
    this.#names[`${hostname}.${more.service}`] = address;
    writeFileSync(join(this.#folder, 'names.json'), JSON.stringify(this.#names));
    const root = mkdtempSync(join(this.#folder, `${name}-`));
    const [container] = spec.containers;
    const mounts = container.volumeMounts.map(({ name: volume, mountPath }) => ({
      mountPath,
      path: this.#volume(volume, hostname, root, spec),
    }));
    const env = {
      HOSTNAME: hostname,
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      ...(more.index !== undefined && { JOB_COMPLETION_INDEX: String(more.index) }),
      NODE_OPTIONS: `--import ${NETWORK}`,
      ...{ POD_ADDRESS: address, POD_NAMES: join(this.#folder, 'names.json') },
    };
    const pod = new Pod({ name, address, root, container, mounts, env });
    this.#pods.push(pod);
    return pod;
  }

  async end(): Promise<void> {
    for (const { running } of this.#pods) running.child.kill('SIGKILL');
    await Promise.all(this.#pods.map(({ running }) => running.finished));
  }

  #volume(name: string, hostname: string, root: string, { volumes }: PodSpec): string {
    const volume = volumes.find((one) => one.name === name);
    // A claim, of the template or by name, is the same volume each time.
    const stays = !volume || volume.persistentVolumeClaim;
    const path = stays ? join(this.#folder, 'claims', `${name}-${hostname}`) : join(root, name);
    mkdirSync(path, { recursive: true });
    const { secret } = volume ?? {};
    if (!secret) return path;
    const values = this.#secrets[secret.secretName];
    if (!values) throw new Error(`there is no secret ${secret.secretName}`);
    const items = secret.items ?? Object.keys(values).map((key) => ({ key, path: key }));
    for (const item of items) writeFileSync(join(path, item.path), values[item.key]!);
    return path;
  }
}

interface PodParts {
  readonly name: string;
  readonly address: string;
  readonly root: string;
  readonly container: Container;
  readonly mounts: readonly { readonly mountPath: string; readonly path: string }[];
  readonly env: Readonly<Record<string, string>>;
}

export class Pod {
  readonly running: Running;
  readonly #address: string;
  readonly #container: Container;

  constructor({ name, address, root, container, mounts, env }: PodParts) {
    this.#address = address;
    this.#container = container;
    const fields: Readonly<Record<string, string>> = { 'metadata.name': name };
    const own = Object.fromEntries(
      (container.env ?? []).map(({ name, value, valueFrom }) => [
        name,
        value ?? fields[valueFrom!.fieldRef.fieldPath]!,
      ]),
    );
    // What is mounted somewhere lies elsewhere here.
    const places = new Map(mounts.map(({ mountPath, path }) => [mountPath, path]));
    const pattern = new RegExp(`(?<=^|=)(?:${[...places.keys()].join('|')})(?=/|$)`, 'g');
    const mounted = (text: string): string => text.replace(pattern, (found) => places.get(found)!);
    const image = imageIn(join(DEPLOY, 'Dockerfile')).env;
    const ofImage = Object.entries(image).map(([key, value]) => [key, mounted(value)]);
    const all = { ...Object.fromEntries(ofImage), ...own, ...env };
    const expanded = (text: string): string =>
      mounted(text.replace(/\$\((\w+)\)/g, (whole, key) => all[key] ?? whole));
    const [program, ...words] = [...container.command, ...container.args].map(expanded);
    if (program !== 'lockstep') throw new Error(`the image has no ${program}`);
    this.running = new Running(root, words, all);
  }

  /** What the kubelet is told by one of its probes; undefined if nobody answers. */
  async probe(
    which: 'startupProbe' | 'readinessProbe' | 'livenessProbe',
  ): Promise<number | undefined> {
    const { path, port } = this.#container[which]!.httpGet;
    const found = this.#container.ports.find(({ name }) => name === port)!;
    const url = `http://${this.#address}:${found.containerPort}${path}`;
    return fetch(url).then(
      async (response) => {
        await response.text();
        return response.status;
      },
      () => undefined,
    );
  }

  /** Asks until that is the answer. @throws Error if it has ended */
  async probed(
    which: 'startupProbe' | 'readinessProbe' | 'livenessProbe',
    status: number,
  ): Promise<void> {
    while ((await this.probe(which)) !== status) {
      const { exitCode } = this.running.child;
      if (exitCode !== null)
        throw new Error(`it ended with ${exitCode}: ${this.running.errorText}`);
      await setTimeout(LOOK_AGAIN_MS);
    }
  }
}
