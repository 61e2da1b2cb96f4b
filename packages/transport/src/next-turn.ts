// A later turn of the event loop, in which what has come in meanwhile is told first: `setImmediate`, and where there is none, in a
// page, a message to oneself. A timer would be slowed down there.

/** Calls it then, once. */
export function nextTurn(callback: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(callback);
  else post(callback);
}

function post(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(undefined);
}
