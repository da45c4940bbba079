// What the server shows as a card: the same as the text of its entry, quicker to read.

import { element, icon } from "./dom.js";
import { date, moment, yuan } from "./format.js";
import { fill } from "./strings.js";

/** @import { Card, Choice, CompensationCard, Entry, OfferCard, OrdersCard, PromiseCard, Row } from "./types" */

/** Null for one that this widget does not know, or of a time when cards had no words. @param {Entry} entry @param {Choice} choice */
export function card({ card: shown }, choice) {
  if (!shown?.labels) return null;
  if (shown.type === "orders") return orders(shown, choice);
  if (shown.type === "compensation") return compensation(shown, choice);
  if (shown.type === "offer") return offer(shown, choice);
  if (shown.type === "promise") return promise(shown, choice);
  return null;
}

/** One press says `payload`; spent with the buyer's next word. */
export function option(title, payload, { chosen, say }, ...content) {
  return element(
    "button",
    {
      type: "button",
      part: "option",
      disabled: chosen !== undefined,
      "aria-pressed": chosen === undefined ? undefined : String(chosen === payload),
      on: { click: () => say(payload) },
    },
    ...(content.length ? content : [title]),
  );
}

/** Those that came with it, or the page's own. @template {Card} Any @param {Any} card @returns {Any["labels"]} */
function words({ type, labels }, t) {
  return { ...labels, ...t.cards[type] };
}

/** @param {OrdersCard} card */
function orders(card, choice) {
  const { t } = choice;
  const { pieces, paid, tail } = words(card, t);
  const rows = card.orders.map((order) => {
    const facts = [
      date(order.placed_at, t),
      fill(pieces, { n: order.count }),
      fill(paid, { amount: yuan(order.paid_total_fen, t) }),
      fill(tail, { tail: order.order_id.slice(-4) }),
    ];
    return element(
      "li",
      {},
      option(order.title, order.payload, choice, element("b", { text: order.title }), element("small", { text: facts.join(" · ") })),
    );
  });
  return element("ul", { class: "card orders", part: "card" }, ...rows);
}

/** @param {CompensationCard} card */
function compensation(card, { t }) {
  const { heading } = words(card, t);
  return element(
    "section",
    { class: "card", part: "card", "aria-label": heading },
    element("h3", { text: heading }),
    element("ul", { class: "lines" }, ...card.rows.map((row) => line(row, t))),
  );
}

/** @param {Row} row */
function line({ label, sum, amount_fen, note, rules }, t) {
  return element(
    "li",
    {},
    label && element("span", { class: "name" }, label, element("span", { class: "unseen", text: "：" })),
    sum && element("span", { class: "fine", text: sum }),
    amount_fen !== null && element("b", { text: yuan(amount_fen, t) }),
    note && element("span", { class: amount_fen === null ? "" : "fine", text: note }),
    rules.length > 0 && element("span", { class: "fine", text: `〔${rules.join("、")}〕` }),
  );
}

/** @param {OfferCard} card */
function offer(card, choice) {
  const { t } = choice;
  const { heading, accept, refuse } = words(card, t);
  return element(
    "section",
    { class: "card", part: "card", "aria-label": heading },
    element("h3", { text: heading }),
    ...settlement(card, t),
    element("div", { class: "row" }, option(accept, card.accept, choice), option(refuse, card.refuse, choice)),
  );
}

/** @param {PromiseCard} card */
function promise(card, { t }) {
  const { heading, kept, claim } = words(card, t);
  return element(
    "section",
    { class: "card promise", part: "card", "aria-label": heading },
    element("h3", {}, icon("check"), card.kept ? kept : heading),
    ...settlement(card, t),
    element("p", { class: "note", text: fill(claim, { id: card.claim_id }) }),
  );
}

/** What is done, its sums in bold, and until when; a return has no date of the shop's, a refund none before it is asked for in the order.
 * @param {OfferCard | PromiseCard} card */
function settlement(card, t) {
  /** @type {Record<string, string>} */
  const labels = words(card, t);
  const { [`${card.remedy}_by`]: by, [`${card.remedy}_within`]: within } = labels;
  const parts = card.parts.map(({ text, amount_fen: sum }) => (sum === undefined ? text : element("b", { text })));
  return [
    element("p", { class: "figure" }, ...parts),
    card.due_at && by && element("p", { class: "due" }, element("time", { datetime: card.due_at, text: fill(by, { time: moment(card.due_at, t) }) })),
    !card.due_at && within && element("p", { class: "due", text: fill(within, { hours: card.within_hours }) }),
  ];
}
