// The session, and every call that carries it: docs/web-channel.md.

import { exclusive, patience } from "./waiting.js";

/** @import { Kept, Opened, Pending, Who } from "./types" */

/** The server said no. Whatever else is thrown is the network's doing. */
export class Refused extends Error {
  constructor(status, error) {
    super(error?.message ?? status);
    this.status = status;
    this.code = error?.code ?? "";
  }

  /** The same again may pass. */
  get passing() {
    return this.status >= 500 || [408, 425].includes(this.status);
  }

  /** It is about who asks, not about what is sent. */
  get personal() {
    return this.status === 401 || this.status === 403;
  }
}

export class Session {
  /** @type {Promise<Opened> | null} */
  #opening = null;
  onopen = (/** @type {Opened} */ answer) => Promise.resolve();

  /** @param {Who} who */
  constructor({ server, lang, token, buyerId, orderId }) {
    this.base = `${server.replace(/\/+$/, "")}/v1/web/`;
    this.lang = lang;
    this.token = token;
    this.buyerId = buyerId;
    this.orderId = orderId;
    // Each buyer of one browser has a conversation of their own.
    this.name = `shaofa ${this.base} ${buyerId ?? subject(token)}`;
  }

  /** What this browser remembers. @returns {Kept | null} */
  get kept() {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "null");
    } catch {
      return this.#memory;
    }
  }

  set kept(value) {
    if (this.forgotten) return; // a late answer
    this.#memory = value;
    try {
      if (value) localStorage.setItem(this.name, JSON.stringify(value));
      else localStorage.removeItem(this.name);
    } catch {
      // Storage is off: it lasts as long as the page.
    }
  }

  /** @type {Kept | null} */
  #memory = null;
  forgotten = false;

  get secret() {
    return this.kept?.session ?? "";
  }

  /** Open or resume. Tabs do this one after the other, so that they share one session. @returns {Promise<Opened>} */
  open() {
    this.#opening ??= exclusive(`${this.name} session`, () => this.#open()).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async about(orderId) {
    this.orderId = orderId;
    await this.#opening?.catch(() => {}); // that one went out with the order before
    await this.open();
  }

  async #open() {
    const before = this.kept;
    const asked = {
      session: before?.session,
      token: this.token,
      buyer_id: this.buyerId,
      order_id: this.orderId,
    };
    let answer;
    try {
      answer = await this.#post("session", asked);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (asked.token !== this.token) return this.#open(); // renewed meanwhile
      if (error.code !== "not_yours") throw error;
      answer = await this.#post("session", { ...asked, session: undefined });
    }
    const now = this.kept;
    this.kept = { ...answer, read: now && now.conversation_id === answer.conversation_id ? now.read : 0 };
    await this.onopen(answer);
    return answer;
  }

  async #post(path, body) {
    return (await checked(await this.#call(path, post(body)))).json();
  }

  #call(path, init) {
    const headers = { ...init.headers, "Accept-Language": this.lang, Authorization: `Bearer ${this.secret}` };
    return fetch(this.base + path, { ...init, headers });
  }

  /** A call in the session's name; one that the server no longer knows is opened anew. */
  async fetch(path, init = {}) {
    let response = await this.#call(path, init);
    if (response.status === 401) {
      await this.open();
      response = await this.#call(path, init);
    }
    return checked(response);
  }

  async say({ id, text }) {
    await this.fetch("messages", post({ id, text }));
  }

  /** By XMLHttpRequest: fetch does not tell how far an upload is. @param {Pending} file @param {(part: number) => void} progress 0 to 1 */
  async upload(file, progress, signal) {
    if ((await this.#upload(file, progress, signal)) !== 401) return;
    await this.open();
    if ((await this.#upload(file, progress, signal)) === 401) throw new Refused(401);
  }

  #upload(file, progress, signal) {
    const { id, blob, name } = file;
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${this.base}files?${new URLSearchParams({ id, name })}`);
      request.setRequestHeader("Accept-Language", this.lang);
      request.setRequestHeader("Authorization", `Bearer ${this.secret}`);
      request.setRequestHeader("Content-Type", blob.type || "application/octet-stream");
      request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
      request.onload = () => {
        if (request.status < 300 || request.status === 401) resolve(request.status);
        else reject(new Refused(request.status, errorOf(request.responseText)));
      };
      request.onerror = () => reject(new TypeError("network"));
      request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
      signal.addEventListener("abort", () => request.abort(), { once: true });
      request.send(blob);
    });
  }
}

function post(body) {
  const headers = { "Content-Type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body), signal: patience() };
}

async function checked(response) {
  if (response.ok) return response;
  throw new Refused(response.status, errorOf(await response.text()));
}

function errorOf(body) {
  try {
    return JSON.parse(body).error;
  } catch {
    return undefined; // a proxy's own page
  }
}

/** Only to tell buyers of one browser apart: it is the server that checks a token. */
function subject(token = "") {
  try {
    return JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
  } catch {
    return token;
  }
}
