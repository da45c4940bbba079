// Money and time as a buyer in China reads them. Money comes in fen, time in ISO 8601 UTC.

import { fill } from "./strings.js";

/** @import { Strings } from "./strings.js" */

const ZONE = "Asia/Shanghai";
const DAY_MS = 86_400_000;

/** @param {number} fen @param {Strings} t */
export function yuan(fen, t) {
  return fill(t.yuan, { amount: (fen / 100).toFixed(2).replace(/\.00$/, "") });
}

/** "2026-11-23" @param {Date | number} when */
export function dayOf(when) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(when);
}

/** "10:32" @param {Date | number} when */
export function clock(when) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" }).format(when);
}

/** "11月26日 02:53" @param {string} iso @param {Strings} t */
export function moment(iso, t) {
  return `${date(iso, t)} ${clock(new Date(iso))}`;
}

export function date(iso, t) {
  return new Intl.DateTimeFormat(t.locale, { timeZone: ZONE, month: "short", day: "numeric" }).format(new Date(iso));
}

/** "今天 10:32", "11月20日 周五 09:00" @param {Date} when @param {Strings} t */
export function separator(when, t) {
  const day = dayOf(when);
  let name = new Intl.DateTimeFormat(t.locale, { timeZone: ZONE, month: "short", day: "numeric", weekday: "short" }).format(when);
  if (day === dayOf(Date.now())) name = t.today;
  else if (day === dayOf(Date.now() - DAY_MS)) name = t.yesterday;
  return `${name} ${clock(when)}`;
}

export function size(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}
