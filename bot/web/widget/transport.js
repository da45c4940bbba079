// Hearing what is new: WebSocket first, an HTTP stream where sockets are blocked, asking every few seconds where streams are too.
// Loaded when there is something to hear.

import { Refused } from "./session.js";
import { backoff, patience, pause } from "./waiting.js";

const CONNECT_MS = 10_000;
const SILENCE_MS = 45_000; // the server pings every 20 s
const STEADY_MS = 10_000; // a connection that lasts so long works, even if nothing was said
const LESSER_MS = 300_000; // then the socket gets another chance
const POLL_MS = 3_000;
const POLL_HIDDEN_MS = 15_000;

/** @import { Listener } from "./types" */

/**
 * Listen until told to stop. Whatever happens to the network, it is tried again.
 *
 * @param {Listener} listener
 * @throws {Refused} when the server no longer wants this buyer
 */
export async function listen(listener) {
  const { session, signal, online } = listener;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (await socket(listener)) {
        failures = 0;
      } else {
        // If plain HTTP works, it is the socket that is blocked; if not, this throws.
        await ask(listener);
        failures = 0;
        online(true);
        if (!(await stream(listener))) await poll(listener);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof UnknownSession) await session.open().catch(refusal);
      else refusal(error);
      failures += 1;
    }
    if (signal.aborted) return;
    online(false);
    await pause(backoff(failures), signal);
  }
}

class UnknownSession extends Error {}

/** Let pass what time may heal. */
function refusal(error) {
  if (error instanceof Refused && !error.passing) throw error;
}

/** One entry by push. If one before it is missing, the whole tail is asked for. @param {Listener} listener */
async function pushed(listener, entry) {
  const last = listener.after();
  // What is not heard now comes with the next connection.
  if (last && entry.seq > last + 1) await ask(listener).catch(() => {});
  else listener.heard(entry);
}

function socket(listener) {
  const { session, after, online, signal } = listener;
  return new Promise((resolve, reject) => {
    const line = new WebSocket(`${session.base.replace(/^http/, "ws")}socket`);
    const over = new AbortController();
    const watch = watchdog(() => line.close(), CONNECT_MS);
    let worked = false;
    let steady = 0;
    line.onopen = () => {
      line.send(JSON.stringify({ session: session.secret, after: after() || undefined }));
      online(true);
      watch.alive();
      steady = setTimeout(() => (worked = true), STEADY_MS);
    };
    line.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.error) return; // why it is closed next
      worked = true;
      watch.alive();
      if (frame.seq) pushed(listener, frame);
    };
    line.onclose = ({ code }) => {
      watch.stop();
      clearTimeout(steady);
      over.abort();
      if (code === 4401) reject(new UnknownSession());
      else resolve(worked);
    };
    // A line without a network notices only after minutes; the browser knows at once.
    addEventListener("offline", () => line.close(), { signal: over.signal });
    signal.addEventListener("abort", () => line.close(), { signal: over.signal });
  });
}

async function stream(listener) {
  const { session, after, signal } = listener;
  const cut = new AbortController();
  const stop = () => cut.abort();
  const watch = watchdog(stop, SILENCE_MS);
  const over = setTimeout(stop, LESSER_MS);
  signal.addEventListener("abort", stop, { once: true });
  addEventListener("offline", stop, { signal: cut.signal });
  let worked = false;
  try {
    const response = await session.fetch(`events${since(after())}`, { signal: cut.signal });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      worked = true;
      watch.alive();
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("data:")) pushed(listener, JSON.parse(line.slice(5)));
    }
  } catch (error) {
    refusal(error); // a proxy's error page is a stream that is blocked
  } finally {
    watch.stop();
    clearTimeout(over);
    cut.abort();
  }
  return worked;
}

async function poll(listener) {
  const until = Date.now() + LESSER_MS;
  while (!listener.signal.aborted && Date.now() < until) {
    await pause(document.hidden ? POLL_HIDDEN_MS : POLL_MS, listener.signal);
    await ask(listener);
  }
}

/** What is new, page by page. @param {Listener} listener */
async function ask({ session, after, heard }) {
  for (let before = -1; before < after(); ) {
    before = after();
    for (const entry of await page(session, since(before))) heard(entry);
  }
}

const turning = new WeakSet();

/** The page before the first entry. @param {Listener} listener */
export async function turnBack({ session, first, earlier }) {
  const seq = first();
  if (!seq || seq === 1 || turning.has(session)) return;
  turning.add(session);
  const entries = await page(session, `?before=${seq}`).catch(() => []);
  turning.delete(session);
  // The newest first, so that no gap is kept.
  if (first() === seq) entries.reverse().forEach(earlier);
}

async function page(session, query) {
  const response = await session.fetch(`log${query}`, { signal: patience() });
  return (await response.json()).entries;
}

/** Who knows nothing begins with the newest page. */
function since(seq) {
  return seq ? `?after=${seq}` : "";
}

function watchdog(bark, first) {
  let timer = setTimeout(bark, first);
  return {
    alive() {
      clearTimeout(timer);
      timer = setTimeout(bark, SILENCE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
