// What survives a refresh or a closed tab: the entries heard so far and the messages not yet sent, pictures included.

/** @import { Entry, Unsent } from "./types" */

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** IndexedDB. Where the browser refuses it, or the disk is full, nothing survives and nothing else is lost. */
export class Store {
  #database;

  /** @param {string} name one for each server and buyer */
  static async open(name) {
    const store = new Store();
    try {
      const opening = indexedDB.open(name, 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("entries", { keyPath: ["conversation", "seq"] });
        opening.result.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
      };
      store.#database = await done(opening);
    } catch {}
    return store;
  }

  async #do(table, work) {
    try {
      return await done(work(this.#database.transaction(table, "readwrite").objectStore(table)));
    } catch {}
  }

  /** @param {string} conversation @returns {Promise<Entry[]>} by seq */
  async entries(conversation) {
    const all = IDBKeyRange.bound([conversation, 0], [conversation, Infinity]);
    return (await this.#do("entries", (table) => table.getAll(all))) ?? [];
  }

  /** @param {string} conversation @param {Entry} entry */
  keep(conversation, entry) {
    return this.#do("entries", (table) => table.put({ ...entry, conversation }));
  }

  forget() {
    return this.#do("entries", (table) => table.clear());
  }

  /** @returns {Promise<Unsent[]>} in the order in which they were said */
  async unsent() {
    return (await this.#do("outbox", (table) => table.getAll())) ?? [];
  }

  /** @param {number} n @returns {Promise<boolean>} */
  async holds(n) {
    return (await this.#do("outbox", (table) => table.count(n))) !== 0;
  }

  /** @param {Unsent} message @returns {Promise<number | undefined>} its place in the queue, if it could be kept */
  queue(message) {
    return this.#do("outbox", (table) => table.put(message));
  }

  /** @param {number} n */
  unqueue(n) {
    return this.#do("outbox", (table) => table.delete(n));
  }

  async empty() {
    await this.forget();
    await this.#do("outbox", (table) => table.clear());
  }
}
