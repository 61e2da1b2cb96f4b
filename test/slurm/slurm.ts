// A Slurm of its own, of four nodes that are all this machine: its keys, ports, folders and configuration lie in one folder, and it
// ends every process that came of it. A node is lost as by a power cut: its daemon, its steps and their processes at once.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../free-ports.js';

const run = promisify(execFile);

export const NODES = ['n1', 'n2', 'n3', 'n4'];
const DAEMONS = ['munged', 'slurmctld', 'slurmd'];
/** Debian's daemons lie in /usr/sbin, which is not in everybody's path. */
const PATH = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter);
const LOOK_AGAIN_MS = 100;

/** Why there can be no Slurm here; undefined where there can. */
export function slurmLacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'its daemons need root';
  for (const command of [...DAEMONS, 'sbatch', 'srun']) {
    try {
      execFileSync('sh', ['-c', `command -v ${command}`], { env: { PATH } });
    } catch {
      return `${command} is not installed`;
    }
  }
  return undefined;
}

/** Looks until something is so. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await setTimeout(LOOK_AGAIN_MS);
  }
}

export class Slurm {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #daemons: ChildProcess[] = [];
  /** A daemon that ended by itself. */
  #fault: string | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#env = { ...process.env, PATH, SLURM_CONF: join(folder, 'slurm.conf') };
  }

  /** @param folder that is not there yet, short enough for a socket's path */
  static async start(folder: string): Promise<Slurm> {
    const slurm = new Slurm(folder);
    await slurm.#start();
    return slurm;
  }

  /** @returns the job's number */
  async submit(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { stdout } = await run('sbatch', ['--parsable', ...args], {
      cwd: this.#folder,
      env: { ...this.#env, ...env },
    });
    return stdout.trim();
  }

  /** Any other command of Slurm's. @returns what it writes to stdout */
  async command(name: string, ...args: readonly string[]): Promise<string> {
    return (await run(name, args, { env: this.#env })).stdout.trim();
  }

  /** What Slurm says of a job, by the names of `scontrol show job`. */
  async job(id: string): Promise<Readonly<Record<string, string>>> {
    const text = await this.command('scontrol', '--oneliner', 'show', 'job', id);
    return Object.fromEntries(
      [...text.matchAll(/(\w+)=(\S*)/g)].map(([, key, value]) => [key, value]),
    );
  }

  /** Waits for a job's end. @returns its last state, such as COMPLETED */
  ended(id: string): Promise<string> {
    const going = ['PENDING', 'RUNNING', 'COMPLETING', 'REQUEUED', 'CONFIGURING', 'SUSPENDED'];
    return until(async () => {
      const { JobState } = await this.job(id);
      return going.includes(JobState!) ? undefined : JobState;
    });
  }

  /** Processes on a node that were started there by a job and whose command line is like that. */
  processes(node: string, words: RegExp): number[] {
    return this.#all().filter(
      (pid) => environmentOf(pid).includes(`SLURMD_NODENAME=${node}`) && words.test(commandOf(pid)),
    );
  }

  /** The node and all that runs on it are gone at once. */
  loseNode(node: string): void {
    const log = join(this.#folder, `slurmd.${node}.log`);
    for (const pid of this.#all()) {
      const isOfNode =
        environmentOf(pid).includes(`SLURMD_NODENAME=${node}`) || filesOf(pid).includes(log);
      if (isOfNode) endProcess(pid);
    }
  }

  async startNode(node: string): Promise<void> {
    this.#daemon('slurmd', ['-D', '-N', node, '-f', this.#env.SLURM_CONF!]);
    const state = (): Promise<string> => this.command('sinfo', '-h', '-n', node, '-o', '%T');
    await this.#until(async () => /^(idle|mixed|allocated)$/.test(await state()));
  }

  /** Waits until a job was requeued so often, and spares it the two minutes for which Slurm keeps it waiting then. */
  async requeued(id: string, times: number): Promise<void> {
    await until(async () => {
      const { JobState, Restarts } = await this.job(id);
      return (JobState === 'PENDING' && Restarts === String(times)) || undefined;
    });
    await this.command('scontrol', 'update', `JobId=${id}`, 'StartTime=now');
  }

  /** Ends all jobs. */
  async cancelAll(): Promise<void> {
    await this.command('scancel', '--user', 'root');
    await until(async () => (await this.command('squeue', '--noheader')) === '');
  }

  /** Ends all that it is, and every process of its jobs. */
  async end(): Promise<void> {
    for (let left = this.#all(); left.length > 0; left = this.#all()) {
      for (const pid of left) endProcess(pid);
      await setTimeout(LOOK_AGAIN_MS);
    }
  }

  async #start(): Promise<void> {
    const folder = this.#folder;
    for (const name of ['', 'state', 'munge']) mkdirSync(join(folder, name), { mode: 0o755 });
    const key = join(folder, 'munge', 'key');
    writeFileSync(key, randomBytes(128), { mode: 0o400 });
    const socket = join(folder, 'munge', 'socket');
    const own = (name: string): string => join(folder, 'munge', name);
    this.#daemon('munged', [
      ...['--foreground', '--num-threads', '1', '--key-file', key, '--socket', socket],
      ...['--pid-file', own('pid'), '--log-file', own('log'), '--seed-file', own('seed')],
    ]);
    const ports = await freePorts(1 + NODES.length);
    writeFileSync(this.#env.SLURM_CONF!, configuration(folder, socket, ports));
    await this.#until(() =>
      run('munge', ['--socket', socket, '--no-input'], { env: this.#env }).then(() => true),
    );
    this.#daemon('slurmctld', ['-D', '-f', this.#env.SLURM_CONF!]);
    await this.#until(async () => (await this.command('scontrol', 'ping')).includes('UP'));
    await Promise.all(NODES.map((node) => this.startNode(node)));
  }

  /** Looks until it is so; what cannot be looked at yet is not. @throws Error if a daemon has ended */
  #until(isSo: () => Promise<boolean>): Promise<true> {
    return until(async () => {
      if (this.#fault !== undefined) throw new Error(this.#fault);
      return (await isSo().catch(() => false)) || undefined;
    });
  }

  #daemon(command: string, args: readonly string[]): void {
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    const child = spawn(command, args, { env: this.#env, stdio: [...stdio], cwd: this.#folder });
    let words = '';
    child.stderr!.on('data', (bytes) => {
      words = `${words}${bytes}`.slice(-2000);
    });
    child.on('exit', (status) => {
      this.#fault ??= status ? `${command} ended with ${status}: ${words}` : undefined;
    });
    this.#daemons.push(child);
  }

  /** All processes that came of it: daemons, steps, and what jobs have started. */
  #all(): number[] {
    const conf = `SLURM_CONF=${this.#env.SLURM_CONF}`;
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && pid !== process.pid)
      .filter(
        (pid) =>
          this.#daemons.some(
            (child) => child.pid === pid && child.exitCode === null && child.signalCode === null,
          ) ||
          environmentOf(pid).includes(conf) ||
          filesOf(pid).some((file) => file.startsWith(`${this.#folder}/`)),
      );
  }
}

function configuration(folder: string, socket: string, ports: readonly number[]): string {
  const [controller, ...ofNodes] = ports;
  const host = hostname().split('.')[0];
  return [
    'ClusterName=lockstep',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${controller}`,
    'SlurmUser=root',
    'AuthType=auth/munge',
    `AuthInfo=socket=${socket}`,
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool.%n`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd.%n.pid`,
    `SlurmctldLogFile=${folder}/slurmctld.log`,
    `SlurmdLogFile=${folder}/slurmd.%n.log`,
    'ProctrackType=proctrack/pgid',
    'TaskPlugin=task/none',
    'SwitchType=switch/none',
    'MpiDefault=none',
    'JobAcctGatherType=jobacct_gather/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_CPU',
    'SchedulerType=sched/builtin',
    'SchedulerParameters=sched_interval=1,batch_sched_delay=0',
    'ReturnToService=2',
    'SlurmdTimeout=6',
    'KillWait=5',
    'InactiveLimit=0',
    'SlurmdParameters=config_overrides',
    ...NODES.map(
      (node, index) =>
        `NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ofNodes[index]} CPUs=2`,
    ),
    `PartitionName=all Nodes=${NODES.join(',')} Default=YES MaxTime=INFINITE State=UP`,
    '',
  ].join('\n');
}

function environmentOf(pid: number): string[] {
  return read(() => readFileSync(`/proc/${pid}/environ`, 'latin1')).split('\0');
}

function commandOf(pid: number): string {
  return read(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1')).replaceAll('\0', ' ');
}

/** Open files, by their paths. */
function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) =>
      read(() => readlinkSync(`/proc/${pid}/fd/${fd}`)),
    );
  } catch {
    return [];
  }
}

/** A process may go while it is looked at. */
function read(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone by itself.
  }
}
