// One conversation: the log as far as heard, what waits to be sent, how the line is. No DOM.

import { Outbox } from "./outbox.js";
import { Refused } from "./session.js";
import { Store } from "./store.js";
import { backoff, pause } from "./waiting.js";

/** @import { Entry, Hearer } from "./types" */

const ANSWER_MS = 60_000; // an answer that takes longer is not being typed

export class Conversation {
  /** @type {Entry[]} */
  entries = [];
  /** @type {"idle" | "connecting" | "online" | "lost" | "refused"} */
  line = "idle";
  refusal = "";
  #outbox;
  #store;
  #id = "";
  #last = 0;
  #asked = 0;
  /** Entries up to here were said before the page was opened. */
  #old;
  #transport;
  #ear = new AbortController();
  #over = new AbortController();
  #isReady;
  /** It can be spoken from now on. */
  ready = new Promise((resolve) => {
    this.#isReady = resolve;
  });

  /** @param {import("./session.js").Session} session @param {Hearer} hearer */
  constructor(session, hearer) {
    this.session = session;
    this.hearer = hearer;
    session.onopen = (answer) => this.#opened(answer);
  }

  get greeting() {
    return this.session.kept?.greeting ?? "";
  }

  get shop() {
    return this.session.kept?.shop ?? "";
  }

  get limits() {
    return this.session.kept?.limits;
  }

  get pending() {
    return this.#outbox?.pending ?? [];
  }

  get handedOff() {
    return (this.entries.findLast((entry) => entry.state) ?? this.session.kept)?.state === "handed_off";
  }

  /** Whether a person who took over has spoken. */
  get served() {
    return this.handedOff && this.entries.findLast((entry) => entry.state || entry.from === "agent")?.from === "agent";
  }

  /** Whether the robot is about to answer. */
  get awaiting() {
    if (this.handedOff || this.line !== "online") return false;
    const pending = this.pending.findLast((message) => message.state === "sent" || message.state === "sending");
    if (pending) return pending.state === "sent";
    return this.entries.at(-1)?.from === "buyer" && Date.now() - this.#asked < ANSWER_MS;
  }

  get unread() {
    const read = this.session.kept?.read ?? 0;
    return this.entries.filter((entry) => entry.seq > read && (entry.from === "bot" || entry.from === "agent")).length;
  }

  markRead() {
    const kept = this.session.kept;
    if (!kept || kept.read >= this.#last) return;
    this.session.kept = { ...kept, read: this.#last };
    this.#changed();
  }

  /** What this browser remembers first, then what the server says. */
  async start() {
    const { signal } = this.#over;
    addEventListener("storage", ({ key }) => key === this.session.name && this.#changed(), { signal });
    this.#store = await Store.open(this.session.name);
    this.#outbox = new Outbox(this.session, this.#store, () => this.#changed());
    await this.#recall();
    await this.#outbox.load();
    await Promise.all(this.entries.map((entry) => this.#outbox?.settle(entry.id)));
    this.#changed();
    this.#isReady();
    await this.listen();
  }

  stop() {
    this.#over.abort();
    this.#ear.abort();
    this.#outbox?.stop();
  }

  async forget() {
    this.stop();
    this.session.kept = null;
    this.session.forgotten = true;
    const store = this.#store ?? (await Store.open(this.session.name));
    await store.empty();
  }

  say(text) {
    return this.#outbox?.add({ text });
  }

  sendFile(blob, name) {
    return this.#outbox?.add({ blob, name });
  }

  retry(id) {
    return this.#outbox?.retry(id);
  }

  cancel(id) {
    return this.#outbox?.cancel(id);
  }

  async file(sha256, thumb) {
    const response = await this.session.fetch(`files/${encodeURIComponent(sha256)}${thumb ? "?thumb=1" : ""}`);
    return response.blob();
  }

  older() {
    this.#transport?.turnBack(this.#listener);
  }

  /** What is said next is about this order. */
  about(orderId) {
    const told = this.session.about(orderId).catch(() => {}); // only a hint
    if (this.#outbox) this.#outbox.first = told;
  }

  async #recall() {
    const kept = this.session.kept;
    if (!kept || !this.#store) return;
    this.#id = kept.conversation_id;
    this.entries = await this.#store.entries(this.#id);
    this.#last = this.entries.at(-1)?.seq ?? 0;
  }

  async #opened({ conversation_id, last }) {
    if (this.#id !== conversation_id) await this.#beginAnew(conversation_id, last);
    this.#old ??= last;
    this.#changed();
  }

  /** It is another conversation, or one that the server knows only in part. */
  async #beginAnew(id, last) {
    this.#id = id;
    this.entries = [];
    this.#last = 0;
    this.#old = last;
    this.#ear.abort(); // it hears the other one
    await this.#store?.forget();
  }

  /** Connect, and stay connected. */
  async listen() {
    this.#line("connecting");
    for (let failures = 0; !this.#over.signal.aborted; ) {
      try {
        const known = this.#last;
        const { conversation_id, last } = await this.session.open();
        if (last < known) await this.#beginAnew(conversation_id, last);
        // Some browsers do not ask for a module again that once failed.
        this.#transport ??= await import(failures ? `./transport.js?${failures}` : "./transport.js");
        this.#outbox?.flush();
        this.#ear = new AbortController();
        await this.#transport?.listen(this.#listener);
      } catch (error) {
        if (error instanceof Refused && !error.passing) return this.#refuse(error);
        this.#line("lost");
        await pause(backoff(failures++), this.#over.signal);
      }
    }
  }

  get #listener() {
    return {
      session: this.session,
      after: () => this.#last,
      first: () => this.entries[0]?.seq,
      heard: (entry) => this.#take(entry),
      earlier: (entry) => {
        this.entries.unshift(entry);
        this.#store?.keep(this.#id, entry);
        this.#changed();
      },
      online: (online) => this.#line(online ? "online" : "lost"),
      signal: this.#ear.signal,
    };
  }

  #refuse(error) {
    this.refusal = error.message;
    this.#line("refused");
    this.hearer.refused(error);
  }

  #line(line) {
    if (this.#over.signal.aborted || this.line === line) return;
    this.line = line;
    this.#changed();
  }

  #take(entry) {
    if (entry.seq <= this.#last || this.#over.signal.aborted) return;
    this.entries.push(entry);
    this.#last = entry.seq;
    this.#store?.keep(this.#id, entry);
    this.#outbox?.settle(entry.id);
    const news = this.#old !== undefined && entry.seq > this.#old;
    if (news && entry.from === "buyer") {
      this.#asked = Date.now();
      setTimeout(() => this.#changed(), ANSWER_MS);
    }
    this.#changed();
    if (news) this.hearer.news(entry);
  }

  #changed() {
    this.hearer.changed();
  }
}
