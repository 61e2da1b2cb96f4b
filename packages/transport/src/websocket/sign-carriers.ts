// How signs of life travel over a WebSocket: as its own pings and pongs, or as words, where a page is at the other end.
import type { WebSocket } from 'ws';
import { PING, PONG } from './page-words.js';
import type { SignCarrier } from './signs.js';

/** @param ws opened without `autoPong` */
export function pings(ws: WebSocket): SignCarrier {
  return {
    ask: () => ws.ping(),
    give: (data, left) => ws.pong(data, undefined, left),
    listen(asked, given) {
      ws.on('ping', asked);
      ws.on('pong', given);
    },
  };
}

const NOTHING = Buffer.alloc(0);

export function words(ws: WebSocket): SignCarrier {
  return {
    ask: () => ws.send(PING),
    give: (_, left) => ws.send(PONG, left),
    listen(asked, given) {
      ws.on('message', (data, isBinary) => {
        if (isBinary) return;
        const word = String(data);
        if (word === PING) asked(NOTHING);
        else if (word === PONG) given();
      });
    },
  };
}
