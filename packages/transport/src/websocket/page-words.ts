// Signs of life between a coordinator and a page. A browser shows a page no pings, and answers them itself, also for a page that
// it has frozen: so they are words in text messages, which only the page's own program answers.

/** The subprotocol by which a client says that it is a page. */
export const PAGE_PROTOCOL = 'lockstep-page';
/** Asks for a sign of life. */
export const PING = 'ping';
/** Gives one. */
export const PONG = 'pong';

/** @param text of a message */
export function isWord(text: string): boolean {
  return text === PING || text === PONG;
}
