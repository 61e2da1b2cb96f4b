// One request a connection: its head is given to the HTTP parser, and nothing of what came with it. A parser that is
// given more takes and answers every request in it at once: a stranger's 64 KiB hold 2,400 of them, which kept the event
// loop for 170 ms and cost megabytes. It knows no HTTP but where a head ends; what it says is the parser's business.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** As Node's parser: a longer head is refused with 431. */
const MAX_HEAD_BYTES = 16 * 1024;
const END = Buffer.from('\r\n\r\n');
/** As a request begins. Anything else, TLS say, the parser refuses at once. */
const METHOD = /^[A-Z-]{1,16}(?: |$)/;

export class FirstRequest {
  readonly #http: Server;
  /** What came after each request. */
  readonly #rests = new WeakMap<Socket, Buffer>();

  /** @param http does not listen; it is given connections */
  constructor(http: Server) {
    this.#http = http;
  }

  /** A connection that nothing was read from yet. */
  await(socket: Socket): void {
    socket.on('error', () => {});
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      const from = Math.max(0, head.length - END.length + 1);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(END, from);
      const mayGoOn = head.length <= MAX_HEAD_BYTES && METHOD.test(head.toString('latin1', 0, 17));
      if (end < 0 && mayGoOn) return;
      socket.off('data', onData);
      socket.pause();
      const bytes = end < 0 ? head.length : end + END.length;
      this.#rests.set(socket, head.subarray(bytes));
      socket.unshift(head.subarray(0, bytes));
      this.#http.emit('connection', socket);
      socket.resume();
    };
    socket.on('data', onData);
  }

  /** What came after the request, which asked for an upgrade. */
  rest(socket: Socket): Buffer {
    return this.#rests.get(socket) ?? Buffer.alloc(0);
  }
}
