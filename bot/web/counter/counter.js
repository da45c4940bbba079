// Keeps the page fresh, and calls when somebody waits. Everything works without it, by reloading.

export {};

/** @param {string} selector @returns {HTMLElement[]} */
const all = (selector, within = document.body) => [...within.querySelectorAll(selector)].map((one) => /** @type {HTMLElement} */ (one));
/** @param {string} id @returns {HTMLInputElement} */
const field = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
const title = document.title;

// --- what is new: the page is asked for again, and what is marked as live is put in place of what was there

let stale = false;
/** @param {HTMLElement} part */
const busy = (part) => part.contains(document.activeElement) && !!document.activeElement?.matches("input, select, textarea");

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Shaofa-Live": "1" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  stale = false;
  for (const part of all("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (!other || part.innerHTML === other.innerHTML) continue;
    if (busy(part)) { stale = true; continue; }  // nothing is taken from under somebody's fingers
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    const place = part.scrollTop, atEnd = place + part.clientHeight >= part.scrollHeight - 40;
    part.replaceChildren(...other.childNodes);
    part.querySelectorAll("details").forEach((one, i) => { one.open = open[i] ?? false; });
    part.scrollTop = "bottom" in part.dataset && atEnd ? part.scrollHeight : place;
  }
}

document.addEventListener("focusout", () => setTimeout(() => stale && refresh(), 200));
for (const log of all("[data-bottom]")) log.scrollTop = log.scrollHeight;

// --- the call: title, sound, notification

const bell = document.getElementById("alerts");
/** @type {AudioContext | undefined} */
let sound;
const wanted = () => localStorage.getItem("shaofa alerts") === "on";

function ring() {
  const context = (sound ??= new AudioContext()), gain = context.createGain();
  gain.connect(context.destination);
  for (const [pitch, after] of [[880, 0], [1175, 0.18]]) {
    const tone = context.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(gain);
    tone.start(context.currentTime + after);
    tone.stop(context.currentTime + after + 0.15);
  }
  gain.gain.setValueAtTime(0.2, context.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.45);
}

/** @param {HTMLElement} button */
function label(button) {
  button.textContent = (wanted() ? button.dataset.on : button.dataset.off) ?? "";
  button.setAttribute("aria-pressed", String(wanted()));
}

if (bell) {
  bell.hidden = false;
  label(bell);
  bell.addEventListener("click", async () => {
    localStorage.setItem("shaofa alerts", wanted() ? "off" : "on");
    label(bell);
    if (!wanted()) return;
    ring();
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
  });
}

/** @param {number} waiting */
function call(waiting) {
  if (!bell || !wanted()) return;
  try { ring(); } catch { /* no sound on this machine */ }
  if ("Notification" in window && Notification.permission === "granted") {
    const body = (bell.dataset.body ?? "").replace("{n}", String(waiting));
    const note = new Notification(bell.dataset.title ?? "", { body, tag: "shaofa" });
    note.onclick = () => { window.focus(); location.href = "/counter"; };
  }
}

const { events } = document.body.dataset;
if (events) {
  /** @type {string | null} */
  let mark = null;
  let newest = Infinity;
  new EventSource(events).onmessage = ({ data }) => {
    const news = JSON.parse(data);
    document.title = news.waiting ? `(${news.waiting}) ${title}` : title;
    if (news.newest > newest && news.waiting) call(news.waiting);
    newest = news.newest;
    if (mark !== null && news.mark !== mark) refresh();
    mark = news.mark;
  };
}

// --- small helps

for (const button of all("[data-fill]")) {
  const box = field(button.dataset.fill ?? "");
  button.addEventListener("click", () => { box.value = button.textContent ?? ""; box.focus(); });
}
for (const button of all("[data-copy]")) {
  const from = field(button.dataset.copy ?? "");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(from.value ?? from.textContent);
    button.textContent = button.dataset.copied ?? "";
  });
}
// A sum of one's own that is being written is what is meant; the forms are made anew as the page is kept fresh.
document.addEventListener("input", ({ target }) => {
  const sum = /** @type {HTMLInputElement} */ (target);
  const own = sum.name === "yuan" && sum.form?.querySelector("[value=own]");
  if (own) /** @type {HTMLInputElement} */ (own).checked = true;
});
field("text")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) field("text").form?.requestSubmit();
});
