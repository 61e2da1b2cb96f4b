// Records in a browser's IndexedDB, which pages have over plain HTTP, too, where they have no cache and no file system. The browser
// may throw them away when the disk is full.
import type { Records } from './array-records.js';

const DATABASE = 'lockstep';
const TABLE = 'arrays';

/** Opened when first used. */
export function browserRecords(): Records {
  let opened: Promise<IDBDatabase> | undefined;
  const run = async <T>(
    mode: IDBTransactionMode,
    ask: (table: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    opened ??= open();
    const transaction = (await opened).transaction(TABLE, mode);
    const request = ask(transaction.objectStore(TABLE));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  };
  return {
    get: (key) => run('readonly', (table) => table.get(key) as IDBRequest<Uint8Array | undefined>),
    async put(key, bytes) {
      await run('readwrite', (table) => table.put(bytes, key));
    },
    async delete(key) {
      await run('readwrite', (table) => table.delete(key));
    },
  };
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
