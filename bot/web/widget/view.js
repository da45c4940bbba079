// What is seen. Draws a conversation and reports what the buyer does; decides nothing.

import { card, option } from "./cards.js";
import { element, icon, linked } from "./dom.js";
import { dayOf, separator, size } from "./format.js";
import { fill } from "./strings.js";
import { dress } from "./styles.js";

const PAUSE_MS = 10 * 60_000; // after so long, or on another day, the time is shown
const NEAR_PX = 60; // so near the end, new messages scroll into view
const BADGE_MAX = 99;
const SPOKEN = 5; // messages that stay in the announcer
const NARROW = "(max-width: 30rem), (max-height: 26rem)";
const LIMITS = { text_chars: 2000, picture_bytes: 10_000_000, video_bytes: 100_000_000, files: 9 };
const PICTURES = "image/*,video/mp4,video/quicktime";

/** @import { Actions, Attached, Entry, Item, Pending } from "./types" */

export class View {
  files;
  #conversation;
  #tray = [];
  #drawn = new Map();
  /** Addresses of pictures in memory, by message id or by digest. */
  #pictures = new Map();
  #order = "";
  #first = 0;
  #atEnd = true;
  #due = false;
  #over = new AbortController();

  /** @param {ShadowRoot} root @param {import("./strings.js").Strings} t @param {Actions} act */
  constructor(root, t, act) {
    this.t = t;
    this.act = act;
    this.#build(root);
    this.#follow();
    this.draw();
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** @param {import("./conversation.js").Conversation} conversation */
  show(conversation) {
    this.#conversation = conversation;
    this.draw();
  }

  about(orderId = "") {
    this.#order = orderId;
    this.draw();
  }

  end() {
    this.#over.abort();
    for (const { url } of this.#tray) if (url) URL.revokeObjectURL(url);
    for (const picture of this.#pictures.values()) picture.then(URL.revokeObjectURL, () => {});
  }

  /** @param {boolean} focus the buyer asked for it, not the page */
  open(focus) {
    if (this.isOpen) return focus && this.input.focus();
    const before = document.activeElement;
    this.files ??= import("./files.js"); // now, while there is a network
    // On a phone it covers the page, which must then not be reachable behind it.
    if (matchMedia(NARROW).matches) this.dialog.showModal();
    else this.dialog.show();
    this.launcher.hidden = true;
    this.launcher.setAttribute("aria-expanded", "true");
    this.#atEnd = true;
    this.draw();
    // A dialog focuses its first button. Who is reading the page and presses Space to scroll would press that.
    if (focus) this.input.focus();
    else if (this.dialog.matches(":modal")) this.log.focus();
    else if (before instanceof HTMLElement && before !== document.body) before.focus();
    else this.dialog.getRootNode().activeElement?.blur();
  }

  close() {
    if (!this.isOpen) return;
    const inside = this.dialog.contains(this.dialog.getRootNode().activeElement);
    this.dialog.close();
    this.launcher.hidden = false;
    this.launcher.setAttribute("aria-expanded", "false");
    if (inside) this.launcher.focus();
    this.draw();
  }

  draw() {
    if (this.#due) return;
    this.#due = true;
    // Animation frames stop in a hidden tab; the badge must not.
    setTimeout(() => {
      this.#due = false;
      this.#draw();
    });
  }

  /** Read out, never shown. @param {string} text */
  announce(text) {
    this.announcer.append(element("p", { text }));
    while (this.announcer.childElementCount > SPOKEN) this.announcer.firstElementChild?.remove();
  }

  #build(root) {
    const { t } = this;
    this.badge = element("span", { class: "badge", part: "badge", hidden: true });
    this.launcher = element(
      "button",
      { type: "button", class: "launcher", part: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", on: { click: () => this.act.open() } },
      icon("chat"),
      element("span", { text: t.launcher }),
      this.badge,
    );
    this.heading = element("h2", { id: "title" });
    this.subtitle = element("p", {});
    this.human = element("button", { type: "button", class: "human", part: "human", text: t.human, on: { click: ({ detail }) => detail < 2 && this.#say(t.say_human) } });
    this.face = element("span", { class: "face" }, icon("robot"));
    this.line = element("p", { class: "line", part: "state", hidden: true });
    this.subject = element("p", { class: "subject", hidden: true });
    this.log = element("div", {
      class: "log",
      part: "log",
      role: "log",
      "aria-live": "off",
      "aria-label": t.log,
      tabindex: "0",
      on: { scroll: () => this.#scrolled() },
    });
    this.latest = element(
      "button",
      { type: "button", class: "latest", "aria-label": t.latest, hidden: true, on: { click: () => this.#toEnd() } },
      icon("down"),
    );
    this.dialog = element(
      "dialog",
      { class: "dialog", part: "dialog", "aria-labelledby": "title" },
      element(
        "div", // no landmark: the page has its own
        { class: "head", part: "header" },
        this.face,
        element("div", { class: "who" }, this.heading, this.subtitle),
        this.human,
        this.#iconButton("close", t.close, () => this.act.close()),
      ),
      this.line,
      this.subject,
      element("div", { class: "middle" }, this.log, this.latest),
      this.#composer(),
      element("div", { class: "drop", text: t.drop }),
    );
    this.announcer = element("div", { class: "unseen", "aria-live": "polite" });
    this.large = element("img", { alt: "" });
    this.viewer = element("dialog", { class: "viewer", on: { click: () => this.viewer.close() } }, this.#iconButton("close", t.back, () => {}), this.large);
    root.replaceChildren(this.launcher, this.dialog, this.viewer, this.announcer);
    dress(root);
  }

  #composer() {
    const { t } = this;
    this.input = element("textarea", {
      part: "input",
      rows: "1",
      "aria-label": t.input,
      placeholder: t.placeholder,
      autocomplete: "off",
      enterkeyhint: "send",
      on: {
        keydown: (event) => this.#key(event),
        input: () => this.#typed(),
        paste: (event) => this.#paste(event),
      },
    });
    const chosen = (event) => {
      const input = event.target;
      this.#attach([...input.files]);
      input.value = "";
    };
    const files = { type: "file", hidden: true, tabindex: "-1", on: { change: chosen } };
    this.chooser = element("input", { ...files, accept: PICTURES, multiple: true });
    this.camera = element("input", { ...files, accept: "image/*", capture: "environment" });
    this.notice = element("p", { class: "notice", hidden: true });
    this.trayList = element("ul", { class: "tray", hidden: true });
    return element(
      "form",
      {
        part: "composer",
        on: {
          submit: (event) => {
            event.preventDefault();
            this.#send();
          },
        },
      },
      this.notice,
      this.trayList,
      this.chooser,
      this.camera,
      element(
        "div",
        { class: "bar" },
        this.#iconButton("picture", t.picture, () => this.chooser.click()),
        this.#iconButton("camera", t.camera, () => this.camera.click(), "camera"),
        this.input,
        element("button", { class: "send", part: "send", "aria-label": t.send }, icon("send")),
      ),
    );
  }

  #iconButton(name, label, click, more = "") {
    return element("button", { type: "button", class: `icon ${more}`, "aria-label": label, title: label, on: { click } }, icon(name));
  }

  #follow() {
    const { signal } = this.#over;
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || composing(event)) return;
      event.preventDefault();
      event.stopPropagation();
      this.act.close();
    });
    // The back gesture of a phone.
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.act.close();
    });
    this.#acceptDrops();
    // The keyboard of a phone covers the page without making it smaller.
    const seen = window.visualViewport;
    const fit = () => {
      this.dialog.style.setProperty("--seen-height", `${seen?.height}px`);
      this.dialog.style.setProperty("--seen-top", `${seen?.offsetTop}px`);
    };
    seen?.addEventListener("resize", fit, { signal });
    seen?.addEventListener("scroll", fit, { signal });
    if (seen) fit();
    const resized = new ResizeObserver(() => this.#atEnd && this.#toEnd());
    resized.observe(this.log);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  #acceptDrops() {
    const over = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.dialog.classList.add("dropping");
    };
    this.dialog.addEventListener("dragenter", over);
    this.dialog.addEventListener("dragover", over);
    this.dialog.addEventListener("dragleave", (event) => {
      if (!this.dialog.contains(event.relatedTarget)) this.dialog.classList.remove("dropping");
    });
    this.dialog.addEventListener("drop", (event) => {
      event.preventDefault();
      this.dialog.classList.remove("dropping");
      this.#attach([...(event.dataTransfer?.files ?? [])]);
    });
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
    event.preventDefault();
    this.#send();
  }

  /** What was being written before a reload. @param {string} text */
  draft(text) {
    this.input.value = text;
  }

  #typed() {
    this.#grow();
    this.act.typed(this.input.value);
    this.#tell("");
  }

  #grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
  }

  async #send() {
    const text = this.input.value.trim();
    const most = (this.#conversation?.limits ?? LIMITS).text_chars;
    if (text.length > most) return this.#tell(fill(this.t.too_long, { n: text.length, most }));
    const files = this.#tray.filter((one) => !one.leaving);
    this.input.value = "";
    this.#typed();
    this.input.focus();
    for (const one of files) one.leaving = true;
    for (const one of files) {
      const blob = await one.ready;
      if (blob && this.#tray.includes(one)) this.act.sendFile(blob, one.file.name);
      this.#clearTray([one]);
    }
    if (text) this.#say(text);
  }

  #say(text) {
    this.#atEnd = true;
    this.act.say(text);
  }

  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    // Cells of a spreadsheet come as text and, once more, as a picture of themselves.
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    this.#attach(files);
  }

  #attach(files) {
    this.#tell("");
    const most = this.#conversation?.limits?.files ?? LIMITS.files;
    const room = Math.max(0, most - this.#tray.length);
    if (files.length > room) this.#tell(fill(this.t.too_many, { n: most }));
    for (const file of files.slice(0, room)) this.#add(file);
  }

  #add(file) {
    const remove = this.#iconButton("close", fill(this.t.remove, { name: file.name }), () => {
      this.#clearTray([one]);
      this.input.focus();
    });
    const one = { file, node: element("li", {}, element("span", { class: "frame" }), remove), ready: this.#prepare(file) };
    this.#tray.push(one);
    this.trayList.append(one.node);
    this.trayList.hidden = false;
    this.#preview(one);
  }

  /** What will be sent, or null and a word about why not. */
  async #prepare(file) {
    try {
      const { prepare } = await this.files;
      return await prepare(file, this.#conversation?.limits ?? LIMITS);
    } catch (error) {
      const { code, limit } = /** @type {Partial<import("./files.js").Unfit>} */ (error);
      if (!code) throw error;
      this.#tell(fill(this.t[code], { name: file.name, limit: size(limit) }));
      return null;
    }
  }

  async #preview(one) {
    one.node.setAttribute("aria-busy", "true");
    const blob = await one.ready;
    one.node.removeAttribute("aria-busy");
    if (!blob) return this.#clearTray([one]);
    if (!this.#tray.includes(one)) return;
    const frame = one.node.firstElementChild;
    if (blob.type.startsWith("video/")) return frame.append(icon("video"));
    one.url = URL.createObjectURL(blob);
    frame.append(element("img", { src: one.url, alt: fill(this.t.picture_named, { name: one.file.name }) }));
  }

  #clearTray(gone) {
    for (const { node, url } of gone) {
      node.remove();
      if (url) URL.revokeObjectURL(url);
    }
    this.#tray = this.#tray.filter((one) => !gone.includes(one));
    this.trayList.hidden = !this.#tray.length;
  }

  #tell(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
    if (text) this.announce(text);
  }

  #draw() {
    const talk = this.#conversation;
    this.#drawLauncher(talk?.unread ?? 0);
    if (!talk || !this.isOpen) return;
    this.#drawHeader(talk);
    const below = this.log.scrollHeight - this.log.scrollTop;
    this.#place(this.#items(talk));
    const first = talk.entries[0]?.seq;
    if (first < this.#first) this.log.scrollTop = this.log.scrollHeight - below; // more above
    this.#first = first;
    for (const { id, part } of talk.pending) {
      const bar = this.#drawn.get(id)?.node.querySelector("progress");
      if (bar) bar.value = part ?? 0;
    }
    if (this.#atEnd) this.#toEnd();
    else this.#scrolled();
    if (!document.hidden) talk.markRead();
  }

  #drawLauncher(unread) {
    const { t } = this;
    const count = unread > BADGE_MAX ? `${BADGE_MAX}+` : String(unread);
    this.badge.textContent = count;
    this.badge.hidden = !unread;
    this.launcher.setAttribute("aria-label", unread ? `${t.launcher}，${fill(t.unread, { n: count })}` : t.launcher);
  }

  #drawHeader(talk) {
    const { t } = this;
    this.heading.textContent = talk.shop || t.title;
    this.subtitle.textContent = talk.handedOff ? t.person : `${t.robot} · ${t.how}`;
    this.face.replaceChildren(icon(talk.handedOff ? "person" : "robot"));
    this.human.hidden = talk.handedOff;
    const line = { connecting: t.connecting, lost: t.lost, refused: fill(t.refused, { why: talk.refusal }) };
    const said = line[talk.line] ?? (talk.served ? t.served : talk.handedOff ? t.handed_off : "");
    this.line.textContent = said;
    this.line.dataset.line = talk.line;
    this.line.hidden = !said;
    this.subject.textContent = fill(t.about_order, { tail: this.#order.slice(-4) });
    this.subject.hidden = !this.#order;
  }

  #items(talk) {
    /** @type {Item[]} */
    const items = [];
    if (talk.greeting) items.push({ key: "greeting", look: talk.greeting, build: () => this.#bubble({ from: "bot", text: talk.greeting }) });
    let before = 0;
    const time = (key, at) => {
      if (at - before > PAUSE_MS || dayOf(at) !== dayOf(before)) {
        const text = separator(new Date(at), this.t);
        items.push({ key: `time ${key}`, look: text, build: () => element("p", { class: "time", text }) });
      }
      before = at;
    };
    talk.entries.forEach((entry, place) => {
      time(entry.id, Date.parse(entry.at));
      const next = talk.entries.slice(place + 1).find((later) => later.from === "buyer") ?? talk.pending[0];
      const chosen = next && (next.text ?? "");
      // Only what offers choices looks different once the buyer has gone on.
      const look = entry.buttons || entry.card ? `entry ${chosen}` : "entry";
      items.push({ key: entry.id, look, build: () => this.#entry(entry, chosen) });
    });
    for (const message of talk.pending) {
      time(message.id, Math.max(message.at, before)); // the two clocks may differ
      const look = [message.state, message.stalled, message.error].join();
      items.push({ key: message.id, look, build: () => this.#unsent(message) });
    }
    if (talk.awaiting) items.push({ key: "typing", look: "", build: () => this.#typing() });
    return items;
  }

  /** Bring the log in line with the items, touching only what is different. */
  #place(items) {
    const drawn = new Map();
    let here = this.log.firstChild;
    for (const { key, look, build } of items) {
      const old = this.#drawn.get(key);
      const node = old?.look === look ? old.node : build();
      if (old && old.node !== node) {
        if (here === old.node) here = node;
        this.#swap(old.node, node);
      }
      if (node === here) here = node.nextSibling;
      else this.log.insertBefore(node, here);
      drawn.set(key, { look, node });
    }
    while (here) {
      const next = here.nextSibling;
      here.remove();
      here = next;
    }
    this.#drawn = drawn;
  }

  #swap(old, node) {
    const focused = old.contains(this.dialog.getRootNode().activeElement);
    old.replaceWith(node);
    if (focused) this.input.focus(); // what was pressed is gone
  }

  #entry(entry, chosen) {
    if (entry.from === "system") {
      const { t } = this;
      const text = entry.text || t[entry.state] || "";
      return element("p", { class: "time", text });
    }
    let spent = false; // a double click is one choice
    const say = (payload) => {
      if (!spent) this.#say(payload);
      spent = true;
    };
    const choice = { t: this.t, chosen, say };
    const drawn = card(entry, choice);
    const bubble = this.#bubble(entry, drawn);
    if (entry.buttons?.length && chosen === undefined && !(drawn && OWN_BUTTONS.has(entry.card.type))) {
      bubble.append(element("div", { class: "options" }, ...entry.buttons.map(({ title, payload }) => option(title, payload, choice))));
    }
    return bubble;
  }

  #bubble(entry, drawn = null) {
    const { id = "", from, text = "", file, card } = entry;
    const name = this.t[`said_by_${from}`];
    const said = [];
    if (file) said.push(file.video ? this.#video(file.name) : this.#picture(id, file));
    const words = file ? "" : leftOver(text, drawn ? card.lines : []);
    if (words) said.push(element("div", { class: "bubble", part: `bubble bubble-${from}` }, ...linked(words)));
    if (drawn) said.push(drawn);
    return element("div", { class: `entry ${from}` }, element("span", { class: "unseen", text: name }), ...said);
  }

  #unsent(message) {
    const { t } = this;
    const { id, text, blob, name = "", state, stalled, error } = message;
    const node = this.#bubble({ id, from: "buyer", text, file: blob && { name, video: blob.type.startsWith("video/"), sha256: "" } });
    if (blob && !this.#pictures.has(id)) this.#pictures.set(id, Promise.resolve(URL.createObjectURL(blob)));
    if (state === "sent") return node;
    const failed = state === "failed";
    node.classList.add(failed ? "failed" : "pending");
    const words = failed ? `${t.failed}${error ? `：${error}` : ""}` : stalled ? t.waiting : t.sending;
    const button = (label, click) =>
      element("button", { type: "button", class: "link", text: label, on: { click } });
    node.append(
      element(
        "p",
        { class: "status" },
        blob && state === "sending" && element("progress", { max: "1", value: "0", "aria-label": fill(t.progress, { name }) }),
        element("span", { text: words }),
        (failed || stalled) && state !== "sending" && button(t.retry, () => this.#conversation?.retry(id)),
        failed && button(t.discard, () => this.#conversation?.cancel(id)),
        !failed && (blob || stalled) && button(t.cancel, () => this.#conversation?.cancel(id)),
      ),
    );
    return node;
  }

  #typing() {
    const dots = [0, 1, 2].map(() => element("i", {}));
    return element("div", { class: "entry bot" }, element("div", { class: "bubble typing", role: "img", "aria-label": this.t.typing }, ...dots));
  }

  #video(name) {
    return element("div", { class: "bubble video" }, icon("video"), element("span", { text: fill(this.t.video_named, { name }) }));
  }

  #picture(id, { sha256, name }) {
    const { t } = this;
    const image = element("img", { alt: fill(t.picture_named, { name }) });
    const button = element("button", { type: "button", class: "picture", title: fill(t.enlarge, { name }) }, image);
    const load = async () => {
      try {
        image.src = await this.#address(id, sha256, true);
        button.classList.remove("lost");
        await image.decode();
        if (this.#atEnd) this.#toEnd();
      } catch {
        button.classList.add("lost");
        image.alt = t.picture_lost;
      }
    };
    button.addEventListener("click", () => (button.classList.contains("lost") ? load() : this.#enlarge(id, sha256, name)));
    setTimeout(load); // a picture of one's own is put in memory after this
    return button;
  }

  #address(id, sha256, thumb) {
    const own = this.#pictures.get(id);
    if (own) return own;
    const key = `${sha256} ${thumb}`;
    let address = this.#pictures.get(key);
    if (!address) {
      address = this.#conversation.file(sha256, thumb).then(URL.createObjectURL);
      address.catch(() => this.#pictures.delete(key));
      this.#pictures.set(key, address);
    }
    return address;
  }

  async #enlarge(id, sha256, name) {
    this.large.alt = fill(this.t.picture_named, { name });
    this.large.src = await this.#address(id, sha256, false).catch(() => this.#address(id, sha256, true));
    this.viewer.showModal();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.latest.hidden = this.#atEnd;
    if (scrollTop < NEAR_PX) this.#conversation?.older();
  }

  #toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.#atEnd = true;
    this.latest.hidden = true;
  }
}

const OWN_BUTTONS = new Set(["orders", "offer"]);

/** A text without the lines that its card shows. */
function leftOver(text, shown = []) {
  return text.split("\n").filter((line) => !shown.includes(line)).join("\n").trim();
}

/** Whether a key belongs to the input method: Enter then chooses a word. */
function composing(event) {
  return event.isComposing || event.keyCode === 229;
}
