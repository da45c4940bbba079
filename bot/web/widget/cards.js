// What the server shows as a card: the same as the text of its entry, quicker to read.

import { element, icon } from "./dom.js";
import { date, moment, yuan } from "./format.js";
import { fill } from "./strings.js";

/** @import { Choice, Entry } from "./types" */

/** Null for a card that this widget does not know. @param {Entry} entry @param {Choice} choice */
export function card(entry, choice) {
  const draw = entry.card && CARDS[entry.card.type];
  return draw ? draw(entry.card, choice) : null;
}

/** One press says `payload`; spent with the buyer's next word. @param {Choice} choice */
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

const CARDS = { orders, compensation, offer, promise };

function orders(card, choice) {
  const { t } = choice;
  const rows = card.orders.map((order) => {
    const facts = [
      date(order.placed_at, t),
      fill(t.pieces, { n: order.count }),
      fill(t.paid, { amount: yuan(order.paid_total_fen, t) }),
      fill(t.order_tail, { tail: order.order_id.slice(-4) }),
    ];
    return element(
      "li",
      {},
      option(order.title, order.payload, choice, element("b", { text: order.title }), element("small", { text: facts.join(" · ") })),
    );
  });
  return element("ul", { class: "card orders", part: "card" }, ...rows);
}

function compensation(card, { t }) {
  return element(
    "section",
    { class: "card", part: "card", "aria-label": t.compensation },
    element("h3", { text: t.compensation }),
    element("ul", { class: "lines" }, ...card.lines.map(line)),
  );
}

/** "缺件退款：实付109.69元÷3件×缺2件=73.13元。〔…〕": its name, the sum, what comes out, what else is to say, and where it says so. */
function line(text) {
  const [, said, source] = /^(.*?)(〔.*〕)?$/s.exec(text);
  const [, name, sum, result, more = said] = /^([^：]{1,20})：(?:(.*)=([\d.]+元))?(.*)$/s.exec(said) ?? [];
  const rest = more.replace(/^[，。]|。$/g, "");
  return element(
    "li",
    {},
    name && element("span", { class: "name" }, name, element("span", { class: "unseen", text: "：" })),
    sum && element("span", { class: "fine", text: sum }),
    result && element("b", { text: result }),
    rest && element("span", { class: result ? "fine" : "", text: rest }),
    source && element("span", { class: "fine", text: source }),
  );
}

function offer(card, choice) {
  const { t } = choice;
  return element(
    "section",
    { class: "card", part: "card", "aria-label": t.offer },
    element("h3", { text: t.offer }),
    ...settlement(card, t),
    element("div", { class: "row" }, option(t.accept, card.accept, choice), option(t.refuse, card.refuse, choice)),
  );
}

function promise(card, { t }) {
  return element(
    "section",
    { class: "card promise", part: "card", "aria-label": t.promise },
    element("h3", {}, icon("check"), card.kept ? t.kept : t.promise),
    ...settlement(card, t),
    element("p", { class: "note", text: fill(t.claim, { id: card.claim_id }) }),
  );
}

/** What is done, its sums in bold, and until when; a return has no date of the shop's. */
function settlement(card, t) {
  const due = t[`${card.remedy}_by`];
  const title = card.title.split(/([\d.]+元)/).map((part, place) => (place % 2 ? element("b", { text: part }) : part));
  return [
    element("p", { class: "figure" }, ...title),
    due && element("p", { class: "due" }, element("time", { datetime: card.due_at, text: fill(due, { time: moment(card.due_at, t) }) })),
  ];
}
