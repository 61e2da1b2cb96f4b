// Accepts links over a transport. Invariants: before its proof a connection costs at most PRE_AUTH_BYTES and the handshake's
// time, and there are never more than `maxPending` of them.
import { checkOptions, type OptionNames } from '@lockstep/errors';
import { HANDSHAKE_MS, ServerHandshake, type ServerOptions } from '@lockstep/wire';
import { ChannelLink } from './channel-link.js';
import type { Link } from './link.js';
import { drawNonce } from './nonce.js';
import { shake } from './shake.js';
import { Strangers } from './strangers.js';
import type { Arrival, Channel, Transport } from './transport.js';

/** What `listen` takes. */
export interface ListenOptions {
  /** What computes here: the name and version of the numbers that its kernels give. */
  readonly arithmetic: string;
  /** Which key a stranger must prove to have, judged by what it says of itself. */
  readonly identify: ServerOptions['identify'];
  readonly onLink: (link: Link) => void;
  /** Where this process reaches its coordinator; left out by a coordinator. */
  readonly towards?: string;
  readonly heartbeatMs?: number;
  /** From the connection to the proof; HANDSHAKE_MS if left out. */
  readonly handshakeMs?: number;
  /** Connections that have proved nothing yet; one more pushes out the oldest. 256 if left out. */
  readonly maxPending?: number;
  /** Told of each connection that was turned away, with the reason. */
  readonly onRefused?: (address: string, message: string) => void;
}

const OPTIONS: OptionNames<ListenOptions> = {
  arithmetic: true,
  identify: true,
  onLink: true,
  towards: true,
  heartbeatMs: true,
  handshakeMs: true,
  maxPending: true,
  onRefused: true,
};

/** What accepts links. */
export interface Listener {
  /** As others reach it. */
  readonly url: string;
  /** All of them, where it listens to several addresses; `url` is the first. */
  readonly urls: readonly string[];
  /** Stops accepting and cuts connections that have proved nothing. Links stay open: they are their owner's. */
  close(): Promise<void>;
}

/**
 * @returns undefined if the transport may not listen without being told where
 * @throws ListenError if it cannot
 */
export async function listen(
  transport: Transport,
  options: ListenOptions,
): Promise<Listener | undefined> {
  checkOptions('listen', options, OPTIONS);
  const { arithmetic, identify, onLink, heartbeatMs, towards } = options;
  const { handshakeMs = HANDSHAKE_MS, maxPending = 256 } = options;
  const strangers = new Strangers(maxPending, handshakeMs);
  const refused = (address: string, message: string) => options.onRefused?.(address, message);

  function open(channel: Channel, arrival: Arrival): void {
    const handshake = new ServerHandshake({ arithmetic, nonce: drawNonce(), identify });
    shake(channel, handshake, undefined, handshakeMs, (outcome) => {
      // What it is called may follow from what has come.
      const { address } = channel;
      if (!('done' in outcome)) {
        refused(address, 'refused' in outcome ? outcome.refused.message : outcome.message);
        return;
      }
      strangers.admit(arrival);
      const { role, run, incarnation, generation, rank } = outcome.done;
      const side = role === 'peer' ? { role, generation, rank } : { role };
      onLink(new ChannelLink(channel, { run, incarnation, address, ...side }, heartbeatMs));
    });
  }

  const arriving = (cut: () => void): Arrival => strangers.add(cut);
  const door = await transport.listen({ towards, handshakeMs, arriving, open, refused });
  if (!door) return undefined;
  return {
    url: door.urls[0]!,
    urls: door.urls,
    async close() {
      const closed = door.close();
      strangers.cut();
      await closed;
    },
  };
}
