// Waiting: back-off with jitter, and taking turns with other tabs.

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
const PATIENCE_MS = 20_000;

/** Doubling up to half a minute, half of it by chance. @param {number} failures @returns {number} ms */
export function backoff(failures) {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return most / 2 + (Math.random() * most) / 2;
}

/**
 * No longer than until the network comes back or the buyer looks again.
 *
 * @param {number} ms @param {AbortSignal} [signal] @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const over = new AbortController();
    const end = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end, { signal: over.signal });
    document.addEventListener("visibilitychange", () => document.hidden || end(), { signal: over.signal });
    signal?.addEventListener("abort", end, { signal: over.signal });
  });
}

/** Ends a call that nothing comes back from. */
export function patience() {
  const over = new AbortController();
  setTimeout(() => over.abort(), PATIENCE_MS);
  return over.signal;
}

/** Do it while no other tab does; a page without https has no locks. @param {string} name @param {() => Promise<any>} work */
export function exclusive(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

/** Pages without https have no `crypto.randomUUID`. */
export function newId() {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
