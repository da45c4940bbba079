// The shapes that the modules hand to each other. For editors and `make lint-web`; no browser loads it.

declare global {
  interface Window {
    /** Calls made before the widget is loaded, and the shop's own words. */
    ShaofaChat?: { q: { push(...calls: [method: string, ...values: string[]][]): void }; strings?: Partial<import("./strings.js").Strings> };
  }
}

/** One entry of the log, as docs/web-channel.md says. */
export interface Entry {
  seq: number;
  id: string;
  at: string;
  from: "buyer" | "bot" | "agent" | "system";
  text?: string;
  buttons?: { title: string; payload: string }[];
  file?: { sha256: string; video: boolean; name: string };
  card?: Card | { type: string; labels?: undefined; lines?: string[] };
  state?: string;
}

export type Card = OrdersCard | CompensationCard | OfferCard | PromiseCard;

/** `labels`: the bot's words on it, whose {names} the widget fills. */
export interface OrdersCard {
  type: "orders";
  orders: { order_id: string; title: string; count: number; placed_at: string; paid_total_fen: number; payload: string }[];
  labels: Record<"pieces" | "paid" | "tail", string>;
}

export interface CompensationCard {
  type: "compensation";
  /** Each as it stands in the text of the entry. */
  lines: string[];
  /** The same in parts. */
  rows: Row[];
  sources: string[];
  claimable: boolean;
  labels: Record<"heading", string>;
}

/** A line of a sum: its name, how it is worked out, what comes out, what else is to say, the rules that it rests on. */
export interface Row {
  label: string;
  sum: string;
  amount_fen: number | null;
  note: string;
  rules: string[];
}

interface Agreement {
  claim_id: string;
  remedy: "reship" | "refund" | "return";
  amount_fen: number;
  /** `null`: the time runs from when the refund is asked for in the order, `within_hours`. */
  due_at: string | null;
  within_hours: number;
  /** What is done, in words. */
  title: string;
  /** The same in parts: a sum has `amount_fen`. */
  parts: { text: string; amount_fen?: number }[];
}

/** `accept` and `refuse` are said for the buyer. */
export interface OfferCard extends Agreement {
  type: "offer";
  accept: string;
  refuse: string;
  labels: Record<"heading" | "reship_by" | "refund_by" | "refund_within" | "accept" | "refuse", string>;
}

export interface PromiseCard extends Agreement {
  type: "promise";
  kept: boolean;
  labels: Record<"heading" | "reship_by" | "refund_by" | "refund_within" | "kept" | "claim", string>;
}

export interface Limits {
  text_chars: number;
  picture_bytes: number;
  video_bytes: number;
  files: number;
}

/** Who opens a session, where, and in which language refusals are read. */
export interface Who {
  server: string;
  lang: string;
  token?: string;
  buyerId?: string;
  orderId?: string;
}

/** The answer to `POST /v1/web/session`. */
export interface Opened {
  session: string;
  conversation_id: string;
  shop: string;
  greeting: string;
  limits: Limits;
  last: number;
  /** Who has the conversation, as the last entry with a `state` says, which may not be loaded. */
  state: "handed_off" | "resumed" | null;
}

/** What of a session outlives the page; `read` is the last number that the buyer has seen. */
export interface Kept extends Opened {
  read: number;
}

/** A message that the server has not taken; `n` is its place in the queue, `error` why it was refused. */
export interface Unsent {
  n?: number;
  id: string;
  at: number;
  text?: string;
  blob?: Blob;
  name?: string;
  error?: string;
}

export interface Pending extends Unsent {
  /** `sent`: the server has it, the log has not brought it yet. */
  state: "waiting" | "sending" | "sent" | "failed";
  /** Of an upload, 0 to 1. */
  part?: number;
  /** Was tried, will be again. */
  stalled?: boolean;
  saved?: Promise<void>;
}

/** Who listens to the server. */
export interface Listener {
  session: import("./session.js").Session;
  /** The last number heard. */
  after: () => number;
  /** The number of the first that is loaded. */
  first: () => number | undefined;
  /** What follows `after`, nothing left out; of the newest page while that is 0. */
  heard: (entry: Entry) => void;
  /** What comes before `first`. */
  earlier: (entry: Entry) => void;
  online: (online: boolean) => void;
  /** Ends it. */
  signal: AbortSignal;
}

/** Who draws a conversation. */
export interface Hearer {
  changed: () => void;
  /** An entry said since the page was opened. */
  news: (entry: Entry) => void;
  refused: (error: Error) => void;
}

/** What a card needs for its buttons. */
export interface Choice {
  t: import("./strings.js").Strings;
  /** What the buyer said next; while undefined, the choices are open. */
  chosen: string | undefined;
  say: (payload: string) => void;
}

/** What the view asks for. */
export interface Actions {
  open: () => void;
  close: () => void;
  say: (text: string) => void;
  sendFile: (blob: Blob, name: string) => void;
  /** What stands in the text box. */
  typed: (text: string) => void;
}

/** A file in the tray above the composer. */
export interface Attached {
  file: File;
  node: HTMLElement;
  ready: Promise<Blob | null>;
  url?: string;
  leaving?: boolean;
}

/** A piece of the log; drawn anew when its `look` changes. */
export interface Item {
  key: string;
  look: string;
  build: () => HTMLElement;
}
