// Ports for processes that must be told one before they listen.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Systems take the ports of connections, and those that are asked for by 0, from above these: nobody gets one in between. */
const FIRST = 12_000;
const COUNT = 18_000;

/** Free now at 127.0.0.1, and no two the same. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

/** Free now at 127.0.0.1. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
