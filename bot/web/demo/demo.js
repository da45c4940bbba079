// The demo shop: a page of orders, and the widget as any shop would put it there.

const PLATFORMS = { tmall: "天猫", taobao: "淘宝" };
const PARCELS = { not_shipped: "待发货", in_transit: "运输中", signed: "已签收" };
const LINES = { refunded: "已退款", out_of_stock: "缺货", cancelled: "已取消" };
const IDEAS = ["我拍了三件T恤怎么就到两件", "说好送的小样没给我", "漏发了，怎么赔？", "书架少了一包螺丝"];
const HUES = 360;
const WIDE = "(min-width: 70rem)";
const KEPT = "shaofa-demo";

/** @import { ShaofaChat } from "../widget/shaofa-chat.js" */

/** @param {string} id @returns {HTMLElement} */
const $ = (id) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found;
};
const chat = /** @type {ShaofaChat} */ (document.createElement("shaofa-chat"));
const yuan = (fen) => `¥${(fen / 100).toFixed(2)}`;

/**
 * @param {string} name @param {{text?: string, classes?: string, [attribute: string]: string | undefined}} [properties]
 * @param {...(Node | string)} children
 */
function element(name, { text, classes, ...attributes } = {}, ...children) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (classes) node.className = classes;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** Each browser plays a buyer of its own, until it asks for another one. */
async function openShop() {
  const response = await fetch("demo/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ buyer_id: localStorage.getItem(KEPT) }),
  });
  if (!response.ok) throw new Error(String(response.status));
  const { buyer_id, shop, orders } = await response.json();
  localStorage.setItem(KEPT, buyer_id);
  chat.setAttribute("buyer-id", buyer_id);
  chat.toggleAttribute("open", matchMedia(WIDE).matches);
  document.body.append(chat); // not before it is known who the buyer is
  $("shop").textContent = shop;
  document.title = `${shop} · 少发演示`;
  $("orders").replaceChildren(...orders.map(row));
}

function row(order) {
  const day = new Date(order.placed_at).toLocaleDateString("zh-CN", { month: "long", day: "numeric", timeZone: "Asia/Shanghai" });
  return element(
    "li",
    { classes: "order", "data-order": order.order_id },
    element(
      "p",
      { classes: "top" },
      element("span", { text: PLATFORMS[order.platform] ?? "", classes: `platform ${order.platform}` }),
      element("span", { text: `${day} · 尾号${order.order_id.slice(-4)}` }),
      element("span", { text: stateOf(order), classes: "state" }),
    ),
    ...order.lines.map(goods),
    element(
      "div",
      { classes: "bottom" },
      element("p", {}, "实付 ", element("b", { text: yuan(order.paid_total_fen) })),
      action("联系客服", () => ask(order)),
      action("申请售后", () => ask(order, "我要申请售后，收到的东西少了"), "main"),
    ),
  );
}

function stateOf({ parcels }) {
  const states = new Set(parcels.map((parcel) => parcel.state));
  const name = states.size > 1 ? "部分签收" : (PARCELS[[...states][0]] ?? "");
  return parcels.length > 1 ? `${name} · ${parcels.length}个包裹` : name;
}

function goods(line) {
  const tile = element("span", { text: line.title.slice(0, 1), classes: "tile", "aria-hidden": "true" });
  tile.style.setProperty("--hue", [...line.sku].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % HUES, 7));
  const marks = [line.is_gift ? "赠品" : "", LINES[line.status] ?? ""].filter(Boolean);
  return element(
    "div",
    { classes: "goods" },
    tile,
    element("p", {}, line.title, ...marks.map((text) => element("span", { text, classes: "mark" }))),
    element("span", { text: `×${line.quantity}`, classes: "count" }),
  );
}

function action(text, click, classes = "") {
  const button = element("button", { type: "button", text, classes });
  button.addEventListener("click", click);
  return button;
}

function ask(order, text) {
  chat.setAttribute("order-id", order.order_id);
  for (const one of $("orders").children) one.toggleAttribute("data-asked", one.getAttribute("data-order") === order.order_id);
  chat.open();
  if (text) chat.send(text);
}

function start() {
  openShop().catch(() => {
    $("problem").hidden = false;
    $("problem").textContent = "订单没加载出来，请刷新页面再试。";
  });
}

$("restart").addEventListener("click", async () => {
  localStorage.removeItem(KEPT);
  await chat.forget();
  chat.remove();
  chat.removeAttribute("order-id");
  start();
});

$("ideas").append(
  ...IDEAS.map((text) => {
    const say = () => {
      chat.open();
      chat.send(text);
    };
    return element("li", {}, action(text, say));
  }),
);

start();
