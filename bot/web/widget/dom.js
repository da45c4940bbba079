// Building DOM. Text is only ever set as text: whatever is said cannot become markup.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  chat: "M12 3.5c-5 0-9 3.4-9 7.7 0 2.4 1.3 4.6 3.3 6L5.6 21l4.2-2.3c.7.1 1.4.2 2.2.2 5 0 9-3.4 9-7.7s-4-7.7-9-7.7ZM8 10.5v1.2M16 10.5v1.2M9.2 14c1.7 1.3 3.9 1.3 5.6 0",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9.5l6 6 6-6",
  picture: "M4.5 5h15v14h-15ZM5 16l4-4 3 3 3.5-4 4 4.5M9.2 9.4v.1",
  camera: "M4 8h3.6L9 5.5h6L16.4 8H20v11H4ZM12 16.2a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  send: "M4.5 12 20 4.6 15.6 20l-4-6.4ZM11.6 13.6 20 4.6",
  person: "M12 11.5a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4ZM4.8 20c.7-3.6 3.5-5.6 7.2-5.6s6.5 2 7.2 5.6",
  robot: "M6 9h12v9.5H6ZM12 9V5.5M10.8 5h2.4M9.6 12.8v1.4M14.4 12.8v1.4M3.5 12.5v3M20.5 12.5v3",
  video: "M4 6.5h11v11H4ZM15 10.5l5-3v9l-5-3",
  check: "M5.5 12.5l4.2 4.2L18.5 8",
};

/**
 * @param {string} name @param {{text?: string, on?: object, [attribute: string]: any}} [properties] `false` leaves an attribute out
 * @param {...any} children @returns {any}
 */
export function element(name, { text, on = {}, ...attributes } = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  for (const [type, listener] of Object.entries(on)) node.addEventListener(type, listener);
  if (text !== undefined) node.textContent = text;
  node.append(...children.filter(Boolean));
  return node;
}

/** A drawing that says nothing: what carries it needs a name. @param {keyof typeof ICONS} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// Up to a blank, a quote or Chinese punctuation.
const ADDRESS = /https?:\/\/[^\s<>"'`，。；：！？、（）【】《》「」“”‘’…]+/gi;
const TRAILING = /[.,;:!?)\]}]+$/;

/** Plain text with its http(s) addresses as links. @param {string} text @returns {(Node | string)[]} */
export function linked(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, "");
    if (!parses(address)) continue;
    parts.push(text.slice(from, match.index));
    parts.push(element("a", { href: address, target: "_blank", rel: "noopener noreferrer", text: address }));
    from = match.index + address.length;
  }
  parts.push(text.slice(from));
  return parts;
}

function parses(address) {
  try {
    return Boolean(new URL(address));
  } catch {
    return false;
  }
}
