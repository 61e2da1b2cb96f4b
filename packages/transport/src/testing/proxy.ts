// A TCP proxy on loopback that misbehaves on request: delays, stalls, corrupts and cuts what passes between a client
// and a server, in either direction, at a chosen byte or from now on. For tests only. It knows nothing of WebSocket or
// TLS; bytes are counted per connection and direction, from the connection's first byte.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Direction = 'to-server' | 'to-client';

/** What happens to the byte at a position of a direction's stream. */
export interface ByteFault {
  readonly kind: 'corrupt' | 'cut' | 'stall';
  /** Counted from the connection's first byte in that direction. `corrupt` flips a bit of this byte. */
  readonly at: number;
}

/** One client's connection through the proxy. */
export class ProxiedConnection {
  readonly #pipes: Record<Direction, Pipe>;
  readonly #sockets: readonly [Socket, Socket];

  constructor(client: Socket, server: Socket, settings: Settings) {
    this.#sockets = [client, server];
    this.#pipes = {
      'to-server': new Pipe(client, server, settings, () => this.cut()),
      'to-client': new Pipe(server, client, settings, () => this.cut()),
    };
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      socket.on('error', () => this.cut());
    }
  }

  /** Bytes forwarded in this direction so far. */
  bytes(direction: Direction): number {
    return this.#pipes[direction].bytes;
  }

  /** Arms a fault; the one armed before in this direction is forgotten. */
  fault(direction: Direction, fault: ByteFault): void {
    this.#pipes[direction].fault = fault;
  }

  /** From now on nothing is forwarded, but both connections stay open: a pulled cable, a frozen process. */
  stall(direction?: Direction): void {
    for (const pipe of this.#chosen(direction)) pipe.stall();
  }

  /** What was held back goes on. */
  resume(direction?: Direction): void {
    for (const pipe of this.#chosen(direction)) pipe.resume();
  }

  /** Both sides see the connection reset or ended, whatever was under way. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const pipe of this.#chosen()) pipe.stop();
  }

  get open(): boolean {
    return this.#sockets.every((socket) => !socket.destroyed);
  }

  #chosen(direction?: Direction): Pipe[] {
    return direction === undefined ? Object.values(this.#pipes) : [this.#pipes[direction]];
  }
}

const MAX_HELD_BYTES = 4 * 1024 * 1024;

interface Settings {
  delayMs: number;
}

/** One direction of one connection. Holds back at most MAX_HELD_BYTES; beyond that the sender feels it. */
class Pipe {
  fault: ByteFault | undefined;
  bytes = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #cut: () => void;
  #queue: { readonly due: number; readonly action: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #stalled = false;

  constructor(from: Socket, to: Socket, settings: Settings, cut: () => void) {
    this.#from = from;
    this.#to = to;
    this.#cut = cut;
    from.on('data', (chunk) => {
      if (settings.delayMs === 0 && this.#queue.length === 0) this.#pass(chunk);
      else this.#later(settings.delayMs, () => this.#pass(chunk));
    });
    from.on('end', () => {
      const finish = () => {
        if (!this.#stalled) to.end();
      };
      if (this.#queue.length === 0) finish();
      else this.#later(settings.delayMs, finish);
    });
    to.on('drain', () => {
      if (!this.#stalled) from.resume();
    });
  }

  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    // Through the same gate: a fault armed meanwhile may lie in them.
    for (const chunk of held) this.#pass(chunk);
    this.#from.resume();
    if (this.#from.readableEnded && !this.#stalled) this.#to.end();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#held = [];
  }

  /** One queue and one timer, so that bytes keep their order however the delay changes. */
  #later(ms: number, action: () => void): void {
    this.#queue.push({ due: performance.now() + ms, action });
    if (this.#queue.length === 1) this.#wait();
  }

  #wait(): void {
    const [next] = this.#queue;
    if (next === undefined) return;
    const ms = Math.max(0, next.due - performance.now());
    this.#timer = setTimeout(() => {
      this.#queue.shift();
      next.action();
      this.#wait();
    }, ms);
  }

  #pass(chunk: Buffer): void {
    if (this.#stalled) {
      this.#hold(chunk);
      return;
    }
    const { fault } = this;
    const start = this.bytes;
    if (fault === undefined || fault.at < start || fault.at >= start + chunk.length) {
      this.#write(chunk);
      return;
    }
    this.fault = undefined;
    const index = fault.at - start;
    if (fault.kind === 'corrupt') {
      const damaged = Buffer.from(chunk);
      damaged[index]! ^= 0x10;
      this.#write(damaged);
      return;
    }
    this.#write(chunk.subarray(0, index));
    if (fault.kind === 'stall') {
      this.stall();
      this.#hold(chunk.subarray(index));
    } else {
      // What comes before the cut must arrive: end this direction in order, then break both.
      this.#to.end(() => this.#cut());
    }
  }

  #hold(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > MAX_HELD_BYTES) this.#from.pause();
  }

  #write(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.#to.destroyed || this.#to.writableEnded) return;
    if (!this.#to.write(chunk)) this.#from.pause();
  }
}

export interface FaultProxy {
  readonly port: number;
  /** Every connection so far, oldest first; closed ones too. */
  readonly connections: readonly ProxiedConnection[];
  /** How long each byte takes, in either direction, from now on; 0 at first. */
  delay(ms: number): void;
  /** While true, new connections are reset at once. */
  refuse(on: boolean): void;
  /** Resolves with the connection of that index once it is there. */
  connection(index: number): Promise<ProxiedConnection>;
  /** Cuts everything and stops listening. */
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and connects each client to the given port of 127.0.0.1. */
export async function startProxy(targetPort: number): Promise<FaultProxy> {
  const settings: Settings = { delayMs: 0 };
  const connections: ProxiedConnection[] = [];
  const waiting: (() => void)[] = [];
  let refusing = false;
  // allowHalfOpen: an end is forwarded in its own direction only.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (client) => {
    if (refusing) {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    connections.push(new ProxiedConnection(client, upstream, settings));
    for (const wake of waiting.splice(0)) wake();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    delay(ms) {
      settings.delayMs = ms;
    },
    refuse(on) {
      refusing = on;
    },
    async connection(index) {
      while (connections.length <= index) await new Promise<void>((wake) => waiting.push(wake));
      return connections[index]!;
    },
    async close() {
      for (const connection of connections) connection.cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
