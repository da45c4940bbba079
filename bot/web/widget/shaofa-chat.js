// <shaofa-chat>: a launcher and a chat window on any page. How to use it: docs/widget.md.

import { Conversation } from "./conversation.js";
import { Session } from "./session.js";
import { ZH } from "./strings.js";
import { View } from "./view.js";

// The module lies in …/widget/; the server answers beside it.
const HOME = new URL("..", import.meta.url).href;
const WAS_OPEN = "shaofa open";
const DRAFT = "shaofa draft";

export class ShaofaChat extends HTMLElement {
  static observedAttributes = ["server", "token", "order-id", "buyer-id", "lang", "open"];

  #session;
  #conversation;
  #view;
  /** The conversation begins anew when this changes. */
  #who = "";
  #begun = false;
  #focus = false;
  #waiting = [];
  #root = this.attachShadow({ mode: "open" });

  connectedCallback() {
    if (document.querySelector("shaofa-chat") !== this) {
      // One of the theme's and one of a plugin's: two launchers on top of each other.
      return console.warn("shaofa-chat: there is one on this page already, this one stays away", this);
    }
    this.#set();
    if (kept(WAS_OPEN) === "true") this.toggleAttribute("open", true);
    this.#emit("ready");
    replay();
  }

  disconnectedCallback() {
    this.#end();
  }

  attributeChangedCallback(name, before, now) {
    if (!this.isConnected || !this.#who || before === now) return;
    if (name === "open") this.#toggle();
    else this.#set();
  }

  open() {
    if (this.hasAttribute("open")) return this.#view?.open(true);
    this.#focus = true;
    this.toggleAttribute("open", true);
    this.#focus = false;
  }

  close() {
    this.toggleAttribute("open", false);
  }

  /** Say something in the buyer's name. @param {string} text */
  send(text) {
    if (!String(text).trim()) return;
    this.#waiting.push(String(text).trim());
    this.#begin();
  }

  /** For the shop's log-out: nothing of the conversation stays in this browser. */
  async forget() {
    this.close();
    keep(DRAFT, "[]");
    await this.#conversation?.forget();
    this.#end();
    this.#set();
  }

  #set() {
    const server = new URL(this.getAttribute("server") ?? HOME, document.baseURI).href;
    const lang = this.getAttribute("lang") ?? this.closest("[lang]")?.getAttribute("lang") ?? "zh-CN";
    const session = new Session({
      server,
      lang,
      token: this.getAttribute("token") ?? undefined,
      buyerId: this.getAttribute("buyer-id") ?? undefined,
      orderId: this.getAttribute("order-id") ?? undefined,
    });
    const who = `${session.name} ${lang}`;
    if (this.#who === who) {
      // Only what the next call carries has changed.
      const before = this.#session.orderId;
      Object.assign(this.#session, { token: session.token, orderId: session.orderId });
      if (this.#begun && before !== session.orderId) this.#conversation.about(session.orderId);
      if (this.#conversation?.line === "refused") this.#conversation.listen();
      this.#view?.about(session.orderId);
    } else {
      this.#end();
      this.#who = who;
      this.#session = session;
      this.#build(lang);
    }
  }

  async #build(lang) {
    const who = this.#who;
    const own = /^en\b/i.test(lang) ? (await import("./en.js")).EN : ZH;
    if (this.#who !== who) return; // decided otherwise meanwhile
    const t = { ...own, ...window.ShaofaChat?.strings };
    this.#view = new View(this.#root, t, {
      open: () => this.open(),
      close: () => this.close(),
      say: (text) => this.send(text),
      sendFile: (blob, name) => this.#conversation?.sendFile(blob, name),
      typed: (text) => keep(DRAFT, JSON.stringify([who, text])),
    });
    const view = this.#view;
    const [whose, draft] = JSON.parse(kept(DRAFT) ?? "[]");
    if (whose === who) view.draft(draft);
    this.#conversation = new Conversation(this.#session, {
      changed: () => view.draw(),
      news: (entry) => this.#news(entry, t),
      refused: (error) => this.#emit("error", error),
    });
    view.show(this.#conversation);
    view.about(this.#session.orderId);
    // A buyer who has never opened the chat costs the server nothing.
    if (this.#session.kept || this.#waiting.length) this.#begin();
    if (this.hasAttribute("open")) this.#toggle();
  }

  async #begin() {
    const conversation = this.#conversation;
    if (!conversation) return;
    if (!this.#begun) {
      this.#begun = true;
      conversation.start();
    }
    await conversation.ready;
    for (const text of this.#waiting.splice(0)) conversation.say(text);
  }

  #end() {
    this.#conversation?.stop();
    this.#view?.end();
    this.#conversation = this.#view = this.#session = undefined;
    this.#begun = false;
    this.#who = "";
  }

  #toggle() {
    const open = this.hasAttribute("open");
    keep(WAS_OPEN, String(open));
    if (!open) return this.#view?.close();
    if (!this.#view) return; // it opens when it is built
    this.#begin();
    this.#view?.open(this.#focus);
  }

  #news(entry, t) {
    const { from, text, card, state } = entry;
    if (from !== "buyer") {
      const name = t[`said_by_${from}`] ?? "";
      const words = text || t[state] || "";
      this.#view?.announce(name + words);
    }
    this.#emit("message", entry);
    if (state === "handed_off") this.#emit("handoff", entry);
    if (card?.type === "offer" || card?.type === "promise") this.#emit("case", card);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`shaofa:${name}`, { detail, bubbles: true, composed: true }));
  }
}

/** For a reload of this tab. */
function kept(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
  }
}

/** Calls made before it was there; from now on they act at once. */
function replay() {
  const { q, ...rest } = window.ShaofaChat ?? { q: [] };
  const push = (...calls) => {
    for (const [method, ...values] of calls) {
      const chat = document.querySelector("shaofa-chat");
      if (["open", "close", "send", "forget"].includes(method)) chat?.[method](...values);
    }
  };
  window.ShaofaChat = { ...rest, q: { push } };
  if (Array.isArray(q)) push(...q);
}

if (!customElements.get("shaofa-chat")) customElements.define("shaofa-chat", ShaofaChat);
