// Who may take part: tokens, certificates and addresses, as flags of the two commands; and strangers at the door of a
// run that goes on.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { testCertificates } from '@lockstep/transport/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { dice } from '../dice.js';
import { isLong } from '../long.js';
import { type Cluster, clusters, outcomeOf, TOKEN, toldBy } from './cluster.js';

const EPOCHS = 10;
const { cluster, expected, path, says } = clusters(EPOCHS);

beforeAll(() => {
  const { ca, ...pairs } = testCertificates();
  writeFileSync(path('ca.pem'), ca);
  for (const [name, { cert, key }] of Object.entries(pairs)) {
    writeFileSync(path(`${name}.pem`), cert);
    writeFileSync(path(`${name}.key.pem`), key);
  }
  writeFileSync(path('token'), `${TOKEN}\n`);
  writeFileSync(path('empty'), '\n');
  writeFileSync(path('short'), 'too short\n');
});

type Pair = 'server' | 'client' | 'member' | 'stranger';

const show = (name: Pair): string[] => [
  ...['--tls-cert', path(`${name}.pem`), '--tls-key', path(`${name}.key.pem`)],
];
const trust = (): string[] => ['--tls-ca', path('ca.pem')];

async function endsWell(it: Cluster): Promise<void> {
  expect(outcomeOf(await it.finish())).toEqual(expected());
}

describe('the token', () => {
  it('that is wrong is refused at once with what is wrong, and the run goes on without', async () => {
    const it = cluster();
    await it.startCoordinator();
    const wrong = it.run(['worker', it.url, '--json'], { LOCKSTEP_TOKEN: 'a guess, and not it' });
    const { status, stdout, stderr } = await wrong.finished;
    expect(status).toBe(1);
    expect(stderr).toMatch(/error: worker: dial ws:.*: .*token/);
    expect(stdout).not.toContain('"connected"');
    it.startWorker('w0', 1);
    await endsWell(it);
    expect(it.log().filter(({ event }) => event === 'worker-joined')).toHaveLength(1);
  });

  it('comes from a file as well, to both, without its line feed', async () => {
    const it = cluster();
    await it.startCoordinatorIn({}, '--token-file', path('token'));
    const worker = it.run(['worker', it.url, '--threads', '1', '--token-file', path('token')], {});
    await endsWell(it);
    const { status, stdout, stderr } = await worker.finished;
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(`weights   sha256 ${expected().weightsHash}`);
  });

  it('is made and shown with the command to type, if there is none', async () => {
    const it = cluster();
    await it.startCoordinatorIn({});
    await it.coordinator.holds(' worker ws://');
    const shown = /LOCKSTEP_TOKEN=(\S+) .* worker (ws:\S+)/.exec(it.coordinator.errorText)!;
    const worker = it.run(['worker', shown[2]!, '--threads', '1'], { LOCKSTEP_TOKEN: shown[1]! });
    await endsWell(it);
    expect((await worker.finished).status).toBe(0);
  });

  it.each<[string, string[], RegExp]>([
    ['none', [], /there is no token; set LOCKSTEP_TOKEN or give --token-file/],
    ['a file that is not there', ['--token-file', 'nowhere'], /--token-file nowhere: cannot be r/],
    ['an empty file', ['--token-file', 'empty'], /--token-file empty: the file is empty/],
  ])('of a worker: %s is found before anybody is called', async (_, flags, message) => {
    const { status, stdout, stderr } = await says(['worker', 'ws://127.0.0.1:1', ...flags], {});
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('over TLS', () => {
  it.runIf(isLong)('a star with the certificate that the workers trust', async () => {
    const it = cluster('--topology', 'star', '--min-workers', '2', ...show('server'));
    await it.startCoordinator();
    expect(it.url).toMatch(/^wss:/);
    it.startWorker('w0', 1, ...trust());
    it.startWorker('w1', 2, ...trust());
    await endsWell(it);
  });

  it('a mesh whose workers show certificates to each other and to the coordinator', async () => {
    const it = cluster(
      ...['--topology', 'mesh', '--min-workers', '3', ...show('server'), ...trust()],
    );
    await it.startCoordinator();
    for (const name of ['w0', 'w1', 'w2']) it.startWorker(name, 1, ...trust(), ...show('member'));
    await endsWell(it);
    const [generation] = it.log().filter(({ event }) => event === 'generation');
    expect(generation).toMatchObject({ topology: 'mesh' });
    expect(generation!.members).toHaveLength(3);
  });

  it('a coordinator that is not trusted gets nothing of a worker', async () => {
    const it = cluster(...show('server'));
    await it.startCoordinator();
    const { status, stderr } = await it.startWorker('w0', 1).finished;
    expect(status).toBe(1);
    expect(stderr).toMatch(/error: worker: dial wss:.*(certificate|UNABLE_TO)/);
  });

  it('with a CA a worker without its certificate is refused, and one of another CA never gets in', async () => {
    const it = cluster(...show('server'), ...trust());
    await it.startCoordinator();
    const none = await it.startWorker('none', 1, ...trust()).finished;
    expect(none.status).toBe(1);
    expect(none.stderr).toMatch(/certificate/i);
    // A server of TLS 1.3 hangs up on it as one that dies would: it is worth trying again, and says what it may be.
    const stranger = it.run(['worker', it.url, ...trust(), ...show('stranger')]);
    await stranger.holds('may not accept this certificate');
    it.workers.clear();
    it.startWorker('w0', 1, ...trust(), ...show('client'));
    await endsWell(it);
    expect(it.log().filter(({ event }) => event === 'worker-joined')).toHaveLength(1);
  });

  it('ws:// to a coordinator that speaks TLS ends in words', async () => {
    const it = cluster(...show('server'));
    await it.startCoordinator();
    const worker = it.run(['worker', it.url.replace('wss:', 'ws:'), '--threads', '1']);
    await worker.holds('trying again in');
    expect(worker.errorText).toMatch(/not connected: dial ws:/);
  });
});

describe('beyond this machine', () => {
  it('is not listened to without TLS, and the message says what to do', async () => {
    const it = cluster('--host', '0.0.0.0');
    const { status, stdout, stderr } = await it.run([
      ...['coordinator', '--json', '--offline', '--port', '0', '--host', '0.0.0.0'],
    ]).finished;
    expect(status).toBe(2);
    expect(stderr).toMatch(/error: \w+: listen on 0\.0\.0\.0: refused without TLS.*--insecure/);
    expect(toldBy({ text: stdout }).map(({ event }) => event)).not.toContain('listening');
  });

  it('is with --insecure, which warns, and with TLS, which does not', async () => {
    const insecure = cluster('--host', '0.0.0.0', '--insecure');
    await insecure.startCoordinator();
    await insecure.coordinator.holds('warning: --insecure: without TLS');
    const { port } = new URL(insecure.url);
    insecure.startWorkerAt(`ws://127.0.0.1:${port}`, 'w0', 1);
    await endsWell(insecure);

    const secure = cluster('--host', '0.0.0.0', ...show('server'));
    await secure.startCoordinator();
    secure.startWorkerAt(`wss://localhost:${new URL(secure.url).port}`, 'w0', 1, ...trust());
    await endsWell(secure);
    expect((await secure.coordinator.finished).stderr).not.toContain('insecure');
  });

  it('a worker is not listened to without TLS either', async () => {
    const it = cluster();
    await it.startCoordinator();
    const { status, stderr } = await it.startWorker('w0', 1, '--listen', '0.0.0.0:0').finished;
    expect(status).toBe(2);
    expect(stderr).toMatch(/error: \w+: listen on 0\.0\.0\.0: refused without TLS.*--insecure/);
  });
});

describe('strangers at the door', () => {
  const sockets: Socket[] = [];

  /** A raw connection that says something, whether or not anybody listens. */
  async function say(it: Cluster, bytes: string | Uint8Array): Promise<Socket> {
    const socket = connect(Number(new URL(it.url).port), '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  }

  async function answer(socket: Socket): Promise<string> {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (more) => {
      text += more;
    });
    // A reset is an answer as well.
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    return text;
  }

  function upgrade(headers: Readonly<Record<string, string>>, target = '/lockstep'): string {
    const all = {
      Host: '127.0.0.1',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16, 7).toString('base64'),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
  }

  it('are told why, or hung up on, and the run does not notice', async () => {
    const it = cluster('--min-workers', '2', '--topology', 'star');
    await it.startCoordinator();
    it.startWorker('w0', 1);
    it.startWorker('w1', 1);
    await it.tells('generation');
    const roll = dice(3);
    const garbage = Uint8Array.from({ length: 1000 }, () => roll(256));

    // Half-open: it says nothing, or never comes to an end, and stays for as long as it may.
    for (let i = 0; i < 20; i++) await say(it, '');
    for (let i = 0; i < 20; i++) await say(it, 'GET /lockstep HTTP/1.1\r\nHost: 127');
    for (let i = 0; i < 20; i++) await say(it, upgrade({}));

    expect(await answer(await say(it, garbage))).toMatch(/^$|^HTTP\/1\.1 400/);
    const shaken = await say(it, upgrade({}));
    shaken.write(garbage);
    expect(await answer(shaken)).toMatch(/^HTTP\/1\.1 101/);
    expect(await answer(await say(it, upgrade({ Origin: 'https://example.org' })))).toMatch(
      /^HTTP\/1\.1 403 .*Origin/s,
    );
    expect(await answer(await say(it, upgrade({ Host: 'evil.example.org' })))).toMatch(
      /^HTTP\/1\.1 421/,
    );
    expect(await answer(await say(it, upgrade({}, '/etc/passwd')))).toMatch(/^HTTP\/1\.1 404/);
    const page = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://example.org\r\n\r\n';
    expect(await answer(await say(it, page))).toMatch(/^HTTP\/1\.1 426/);
    const large = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`;
    expect(await answer(await say(it, large))).toMatch(/^$|^HTTP\/1\.1 431/);

    await endsWell(it);
    const told = it.log().map(({ event }) => event);
    expect(told).not.toContain('worker-lost');
    expect(told.filter((event) => event === 'worker-joined')).toHaveLength(2);
    expect((await it.coordinator.finished).stderr).not.toContain('    at ');
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  it('do not keep a coordinator from ending', async () => {
    const it = cluster();
    await it.startCoordinator();
    for (let i = 0; i < 5; i++) await say(it, i % 2 ? upgrade({}) : '');
    it.startWorker('w0', 1);
    await endsWell(it);
    for (const socket of sockets.splice(0)) socket.destroy();
  });
});

describe('bad usage is found before anything begins: status 2, one line, nothing on stdout', () => {
  it.each<[string, string[], RegExp]>([
    ['a certificate without its key', ['--tls-cert', 'server.pem'], /--tls-cert and --tls-key go/],
    ['a CA without a certificate', ['--tls-ca', 'ca.pem'], /--tls-ca needs --tls-cert and/],
    [
      'a certificate that is not there',
      ['--tls-cert', 'none.pem', '--tls-key', 'server.key.pem'],
      /--tls-cert none\.pem: cannot be read/,
    ],
    [
      'a certificate that is none',
      ['--tls-cert', 'token', '--tls-key', 'server.key.pem'],
      /--tls-cert token holds no certificate; expected PEM/,
    ],
    [
      'a key of another certificate',
      ['--tls-cert', 'server.pem', '--tls-key', 'client.key.pem'],
      /--tls-key client\.key\.pem is not the key of the certificate in --tls-cert server\.pem/,
    ],
    [
      'a short token',
      ['--token-file', 'short'],
      /the token has 9 characters, expected at least 16/,
    ],
    ['no workers', ['--min-workers', '0'], /from 1 to 256/],
    ['no heartbeat', ['--heartbeat-timeout-ms', '10'], /from 100 to/],
    ['an unknown topology', ['--topology', 'ring'], /Allowed choices are auto, star, mesh/],
    ['no port', ['--port', '70000'], /port/],
    ['an address with a port', ['--host', '127.0.0.1:7070'], /the port apart \(--port 7070\)/],
    ['an address in brackets', ['--host', '[::1]'], /without brackets, ::1$/m],
    [
      'a name with a port',
      ['--reachable-as', 'a.example,b:1'],
      /"b:1" \(--reachable-as\): .*alone, b/,
    ],
    ['the threads of train', ['--workers', '2'], /unknown option '--workers'/],
    ['no such run', ['--resume', 'nowhere'], /holds no run/],
  ])('of the coordinator: %s', async (_, flags, message) => {
    const { status, stdout, stderr } = await says([
      ...['coordinator', '--offline', '--port', '0', ...flags],
    ]);
    expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr).not.toContain('    at ');
  });

  it.each<[string, string[], RegExp]>([
    ['no address', [], /missing required argument 'url'/],
    ['an address of the web', ['https://h:1'], /begins with one of .*, as wss:\/\/h:1$/m],
    ['no address at all', ['127.0.0.1:7070'], /, as ws:\/\/127.0.0.1:7070$/m],
    ['a query in the address', ['ws://127.0.0.1:1/?x'], /has a query .*expected ws:\/\/HOST:PORT/],
    ['no time to give up', ['ws://127.0.0.1:1', '--give-up-after', '10m'], /Expected seconds/],
    ['no threads', ['ws://127.0.0.1:1', '--threads', '0'], /from 1 to/],
    ['no place to listen', ['ws://127.0.0.1:1', '--listen', 'here'], /expected HOST:PORT/],
    ['a place without brackets', ['ws://127.0.0.1:1', '--listen', '::1:80'], /\[::1\]:80/],
    [
      'a key without its certificate',
      ['ws://127.0.0.1:1', '--tls-key', 'server.key.pem'],
      /go tog/,
    ],
  ])('of a worker: %s', async (_, flags, message) => {
    const { status, stdout, stderr } = await says(['worker', ...flags]);
    expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr).not.toContain('    at ');
  });

  it('help of both has defaults and examples, on stdout', async () => {
    for (const command of ['coordinator', 'worker']) {
      const { status, stdout, stderr } = await says([command, '--help']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/\(default: /);
      expect(stdout).toContain(`lockstep ${command} `);
    }
  });
});
