// The demo shop: a list of orders and a chat over POST /v1/messages. Text is only ever set as text, never as HTML.

const STATES = {
  open: "登记中", gathering: "核对中", assessing: "核对中", offered: "等您点头", agreed: "已说好", fulfilled: "已办好",
  handed_off: "人工处理中", escalated: "平台处理中", withdrawn: "已撤销", expired: "已过期",
};
const REMEDIES = { reship: "补发", refund: "退款", return: "退货退款" };
const PLATFORMS = { tmall: "天猫", taobao: "淘宝" };
const MAX_FILES = 9;
const KEPT = "shaofa-demo";

const $ = (id) => document.getElementById(id);
const yuan = (fen) => `${(fen / 100).toFixed(2).replace(/\.00$/, "")}元`;
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

let state = load();
let orders = [];
let busy = Promise.resolve(); // messages go out one after the other

function load() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT));
    if (kept?.conversation) return kept;
  } catch { /* a page of an earlier version, or storage is off: start afresh */ }
  return fresh();
}

function fresh(buyer = null, order = null) {
  return { buyer, order, conversation: newId(), talk: [], claim: null, handoff: false };
}

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(state));
  } catch { /* storage is off or full: the page works on, a reload forgets */ }
}

function element(name, { text, classes, ...attributes } = {}, ...children) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (classes) node.className = classes;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// --- orders ---

async function openShop() {
  const { buyer_id, shop, orders: found } = await post("/demo/session", { buyer_id: state.buyer });
  orders = found;
  state.buyer = buyer_id;
  keep();
  $("shop").textContent = shop;
  document.title = `${shop} · 少发演示`;
  $("orders").replaceChildren(...orders.map((order) => element("li", {}, orderButton(order))));
  showOrder();
}

function orderButton(order) {
  const goods = order.lines.map((line) => `${line.title} ×${line.quantity}${line.is_gift ? "（赠）" : ""}`);
  const day = new Date(order.placed_at).toLocaleDateString("zh-CN", { month: "long", day: "numeric", timeZone: "Asia/Shanghai" });
  const platform = PLATFORMS[order.platform] ?? "";
  const button = element(
    "button",
    { type: "button", "aria-pressed": "false", "data-order": order.order_id },
    ...goods.map((text) => element("span", { text: `${text}\u2003` })),
    element("small", { text: `${platform} · ${day} · 实付${yuan(order.paid_total_fen)} · 尾号${order.order_id.slice(-4)}` }),
  );
  button.addEventListener("click", () => choose(order));
  return button;
}

function choose(order) {
  if (state.order !== order.order_id) {
    // Another order is another matter: what was said about the first one stays with it.
    state = state.talk.length ? fresh(state.buyer, order.order_id) : { ...state, order: order.order_id };
    keep();
    redraw();
  }
  $("text").focus();
}

function showOrder() {
  const order = orders.find((one) => one.order_id === state.order);
  for (const button of $("orders").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.order === state.order));
  }
  $("about").textContent = order
    ? `正在说：${order.lines[0].title}${order.lines.length > 1 ? `等${order.lines.length}样` : ""}（尾号${order.order_id.slice(-4)}）`
    : "没选订单也能聊，小发会问是哪一单。";
}

// --- the talk ---

function redraw() {
  $("log").replaceChildren();
  state.talk.forEach((entry, place) => draw(entry, place === state.talk.length - 1));
  showClaim();
  showOrder();
}

function draw(entry, last) {
  const bubble = element("div", { text: entry.text, classes: `message ${entry.by}` });
  bubble.prepend(element("span", { text: entry.by === "buyer" ? "您：" : "小发：", classes: "unseen" }));
  $("log").append(bubble);
  if (last && entry.choices?.length) drawChoices(entry.choices);
  bubble.scrollIntoView({ block: "end" });
  return bubble;
}

function drawChoices(choices) {
  const row = element("div", { classes: "choices" });
  for (const choice of choices) {
    const button = element("button", { type: "button", text: choice.title });
    button.addEventListener("click", () => say(choice.payload, choice.title));
    row.append(button);
  }
  $("log").append(row);
  row.scrollIntoView({ block: "end" });
}

function showClaim() {
  const claim = state.claim;
  $("handoff").hidden = !state.handoff;
  $("claim").hidden = !claim;
  if (!claim) return;
  const line = claim.lines[0];
  const facts = [
    ["登记号", claim.claim_id],
    ["状态", STATES[claim.state] ?? claim.state],
    line?.title && ["少的是", line.missing ? `${line.title} ${line.missing}件` : line.title],
    claim.evidence.length && ["凭证", `${claim.evidence.filter((item) => item.status === "received").length}份`],
    claim.offer && ["方案", claim.offer.amount_fen ? `${REMEDIES[claim.offer.remedy]} ${yuan(claim.offer.amount_fen)}` : REMEDIES[claim.offer.remedy]],
  ].filter(Boolean);
  $("claim").replaceChildren(
    ...facts.map(([name, value]) => element("div", {}, element("dt", { text: name }), element("dd", { text: value }))),
  );
}

function say(text, shown = text, files = []) {
  const entry = { by: "buyer", text: shown };
  state.talk.push(entry);
  keep();
  $("log").querySelector(".choices:last-child")?.remove();
  const bubble = draw(entry, false);
  for (const file of files.filter((one) => one.type.startsWith("image/"))) {
    bubble.append(element("img", { src: URL.createObjectURL(file), alt: file.name }));
  }
  deliver({ id: newId(), text, files }, bubble, state);
}

/** Send one message and show the answer; a message that failed can be sent again under the same id. */
function deliver(message, bubble, talk) {
  busy = busy.then(async () => {
    const typing = element("div", { classes: "message typing", text: "小发正在输入…" });
    $("log").append(typing);
    typing.scrollIntoView({ block: "end" });
    try {
      if (!state.buyer) await openShop(); // it could not be opened when the page was loaded
      talk.buyer ??= state.buyer;
      const answer = await post("/v1/messages", {
        id: message.id,
        conversation_id: talk.conversation,
        channel: "demo",
        sender: { id: talk.buyer },
        text: message.text,
        attachments: await Promise.all(message.files.map(attachment)),
        context: { order_id: talk.order },
      });
      typing.remove();
      take(answer, talk);
    } catch (error) {
      typing.remove();
      offerAgain(message, bubble, talk, error);
    }
  });
}

function take(answer, talk) {
  const entries = answer.replies.map((reply) => ({ by: "bot", text: reply.text, choices: reply.quick_replies }));
  talk.talk.push(...entries);
  talk.claim = answer.case?.claim ?? talk.claim;
  talk.handoff = Boolean(answer.handoff);
  if (talk !== state) return; // the buyer has gone on to another order meanwhile
  keep();
  entries.forEach((entry, place) => draw(entry, place === entries.length - 1));
  $("announcer").textContent = entries.map((entry) => entry.text).join("\n");
  showClaim();
}

function offerAgain(message, bubble, talk, error) {
  bubble.classList.add("failed");
  const again = element("button", { type: "button", classes: "again", text: `${error.message}，点这里重发` });
  again.addEventListener("click", () => {
    again.remove();
    bubble.classList.remove("failed");
    deliver(message, bubble, talk);
  });
  bubble.append(again);
  $("announcer").textContent = error.message;
}

async function attachment(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error("图片读不出来"));
    reader.readAsDataURL(file);
  });
  return { type: file.type.startsWith("video/") ? "video" : "image", name: file.name, data: url.slice(url.indexOf(",") + 1) };
}

async function post(path, body) {
  let response;
  try {
    response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Error("没发出去，可能断网了");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok || !answer) throw new Error(answer?.error?.message ?? "没发出去");
  return answer;
}

// --- what the buyer does ---

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  say(text);
});

$("text").addEventListener("keydown", (event) => {
  // Enter also chooses a word of the input method; then it must not send.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  $("form").requestSubmit();
});

$("files").addEventListener("change", () => {
  const files = [...$("files").files].slice(0, MAX_FILES);
  $("files").value = "";
  if (files.length) say("", files.map((file) => `[${file.name}]`).join(" "), files);
});

$("restart").addEventListener("click", () => {
  state = fresh(state.buyer, state.order);
  keep();
  redraw();
  $("text").focus();
});

redraw();
busy = openShop().catch((error) => {
  $("about").textContent = `${error.message}，请刷新页面再试。`;
});
