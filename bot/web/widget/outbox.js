// What the buyer has said and the server has not yet taken: kept in the browser, sent in order, never twice.

import { Refused } from "./session.js";
import { backoff, exclusive, newId, pause } from "./waiting.js";

const TRIES = 5; // so often a broken answer to one message may hold up those after it

/** @import { Pending } from "./types" */

export class Outbox {
  /** @type {Pending[]} */
  pending = [];
  /** What has to be over before anything is sent. */
  first = Promise.resolve();
  #running = false;
  #uploads = new Map();
  #over = false;
  #rest = new AbortController();

  /**
   * @param {import("./session.js").Session} session @param {import("./store.js").Store} store @param {() => void} changed
   */
  constructor(session, store, changed) {
    this.session = session;
    this.store = store;
    this.changed = changed;
  }

  async load() {
    for (const unsent of await this.store.unsent()) {
      this.pending.push({ ...unsent, state: unsent.error === undefined ? "waiting" : "failed" });
    }
  }

  stop() {
    this.#over = true;
    this.#rest.abort();
    for (const upload of this.#uploads.values()) upload.abort();
  }

  /** @param {{text: string} | {blob: Blob, name: string}} what */
  async add(what) {
    /** @type {Pending} */
    const message = { ...what, id: newId(), at: Date.now(), state: "waiting" };
    message.saved = this.#save(message);
    this.pending.push(message);
    this.changed();
    await this.flush();
  }

  async #save(message) {
    const { n, id, at, text, blob, name, error } = message;
    message.n = await this.store.queue({ ...(n && { n }), id, at, text, blob, name, error });
  }

  #find(id) {
    return this.pending.find((message) => message.id === id);
  }

  async retry(id) {
    const message = this.#find(id);
    if (!message || message.state === "sent") return;
    if (message.state === "failed") {
      message.state = "waiting";
      message.error = undefined;
      await this.#save(message);
    }
    this.changed();
    this.#rest.abort();
    await this.flush();
  }

  /** Take back what has not been sent. */
  async cancel(id) {
    this.#uploads.get(id)?.abort();
    await this.#remove(id);
  }

  /** The log has brought it. */
  async settle(id) {
    if (this.#find(id)) await this.#remove(id);
  }

  async #remove(id) {
    const message = this.#find(id);
    this.pending = this.pending.filter((one) => one !== message);
    this.changed();
    if (message?.n) await this.store.unqueue(message.n);
  }

  /** Send what waits, one after the other, until nothing waits. */
  async flush() {
    if (this.#running) return;
    this.#running = true;
    for (let failures = 0; !this.#over && this.#next(); ) {
      try {
        await exclusive(`${this.session.name} outbox`, () => this.#sendAll(failures));
        failures = 0;
      } catch {
        failures += 1;
        this.changed();
        this.#rest = new AbortController();
        await pause(backoff(failures), this.#rest.signal);
      }
    }
    this.#running = false;
  }

  #next() {
    return this.pending.find((message) => message.state === "waiting");
  }

  async #sendAll(failures) {
    for (let message = this.#next(); message; message = this.#next()) {
      await message.saved;
      await this.first;
      // Another tab may have sent it meanwhile.
      if (message.n && !(await this.store.holds(message.n))) await this.#remove(message.id);
      else await this.#send(message, failures);
    }
  }

  async #send(message, failures) {
    message.state = "sending";
    this.changed();
    try {
      if (message.blob) await this.#upload(message);
      else await this.session.say({ id: message.id, text: message.text });
      message.state = "sent";
      if (message.n) await this.store.unqueue(message.n);
      this.changed();
    } catch (error) {
      if (!this.#find(message.id)) return; // taken back meanwhile
      if (error instanceof Refused && !error.personal && (!error.passing || failures >= TRIES)) {
        message.state = "failed";
        message.error = error.message;
        await this.#save(message);
        this.changed();
        return;
      }
      message.state = "waiting";
      message.stalled = true;
      throw error;
    }
  }

  async #upload(message) {
    const upload = new AbortController();
    const progress = (part) => {
      message.part = part;
      this.changed();
    };
    this.#uploads.set(message.id, upload);
    await this.session.upload(message, progress, upload.signal).finally(() => this.#uploads.delete(message.id));
  }
}
