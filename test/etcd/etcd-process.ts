// An etcd of one member for tests, on loopback, with ports and a folder of its own. It ends what it started, by its process.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../free-ports.js';

/** Debian has it (`apt install etcd-server`); elsewhere ETCD says where it is. */
export const ETCD = [
  process.env.ETCD,
  ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'etcd')),
].find((path) => path !== undefined && path !== '' && existsSync(path));

export class EtcdProcess {
  readonly url: string;
  readonly #peerUrl: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'lockstep-etcd-'));
  #child: ChildProcess | undefined;

  private constructor(port: number, peerPort: number) {
    this.url = `http://127.0.0.1:${port}`;
    this.#peerUrl = `http://127.0.0.1:${peerPort}`;
  }

  static async start(): Promise<EtcdProcess> {
    const [port, peerPort] = await freePorts(2);
    const etcd = new EtcdProcess(port!, peerPort!);
    await etcd.start();
    return etcd;
  }

  /** As a worker takes it. */
  workerUrl(name: string): string {
    return `${this.url.replace('http', 'etcd')}/${name}`;
  }

  /** Again, with what it held. */
  async start(): Promise<void> {
    const { url } = this;
    const member = `test=${this.#peerUrl}`;
    const child = spawn(
      ETCD!,
      [
        ...['--name', 'test', '--data-dir', this.#folder],
        ...['--listen-client-urls', url, '--advertise-client-urls', url],
        ...['--listen-peer-urls', this.#peerUrl, '--initial-advertise-peer-urls', this.#peerUrl],
        ...['--initial-cluster', member, '--log-level', 'error'],
      ],
      { stdio: 'ignore' },
    );
    this.#child = child;
    while (!(await isHealthy(url))) {
      if (child.exitCode !== null) throw new Error(`etcd ended with ${child.exitCode}`);
      await sleep(50);
    }
  }

  /** At once, as a machine that is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) });
    return /"health":\s*"true"/.test(await response.text());
  } catch {
    return false;
  }
}
