// Keeps the page fresh, and calls when somebody waits. Everything works without it, by reloading.

const $ = (id) => document.getElementById(id);
const title = document.title;

// --- what is new: the page is asked for again, and what is marked as live is put in place of what was there

let stale = false;
const busy = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  stale = false;
  for (const part of document.querySelectorAll("[data-live]")) {
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
for (const log of document.querySelectorAll("[data-bottom]")) log.scrollTop = log.scrollHeight;

// --- the call: title, sound, notification

const bell = $("alerts");
let sound = null, newest = null;
const wanted = () => localStorage.getItem("shaofa alerts") === "on";

function ring() {
  sound ??= new AudioContext();
  const gain = sound.createGain();
  gain.connect(sound.destination);
  [[880, 0], [1175, 0.18]].forEach(([pitch, after]) => {
    const tone = sound.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(gain);
    tone.start(sound.currentTime + after);
    tone.stop(sound.currentTime + after + 0.15);
  });
  gain.gain.setValueAtTime(0.2, sound.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + 0.45);
}

function label() { bell.textContent = wanted() ? bell.dataset.on : bell.dataset.off; bell.setAttribute("aria-pressed", String(wanted())); }

if (bell) {
  bell.hidden = false;
  label();
  bell.addEventListener("click", async () => {
    localStorage.setItem("shaofa alerts", wanted() ? "off" : "on");
    label();
    if (!wanted()) return;
    ring();
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
  });
}

function call(waiting) {
  if (!bell || !wanted()) return;
  try { ring(); } catch { /* no sound on this machine */ }
  if ("Notification" in window && Notification.permission === "granted") {
    const note = new Notification(bell.dataset.title, { body: bell.dataset.body.replace("{n}", waiting), tag: "shaofa" });
    note.onclick = () => { window.focus(); location.href = "/counter"; };
  }
}

const { events } = document.body.dataset;
if (events) {
  let mark = null;
  new EventSource(events).onmessage = ({ data }) => {
    const news = JSON.parse(data);
    document.title = news.waiting ? `(${news.waiting}) ${title}` : title;
    if (newest !== null && news.newest > newest && news.waiting) call(news.waiting);
    newest = news.newest;
    if (mark !== null && news.mark !== mark) refresh();
    mark = news.mark;
  };
}

// --- small helps

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.fill) { const box = $(button.dataset.fill); box.value = button.textContent; box.focus(); }
  if (button?.dataset.copy) {
    const from = $(button.dataset.copy);
    await navigator.clipboard.writeText(from.value ?? from.textContent);
    button.textContent = button.dataset.copied;
  }
});
document.addEventListener("input", ({ target }) => {
  if (target.name === "yuan") target.closest("form").querySelector("[value=own]").checked = true;
});
// A line that is sent twice by a second click is said once.
for (const once of document.querySelectorAll("[data-once]")) once.value = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
$("text")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit();
});
