// How it looks. A shop sets the --sf-* variables and the ::part()s.

const DARK = `
  --paper: #1d1e21; --ground: #141517; --raised: #2a2b2f; --ink: #ececee; --quiet: #a6a6ad; --hair: #36373c;
  --notice: #3a3013; --notice-ink: #f3dfa6; --bad: #ff9b8f; --good: #7fd6a2;
  --tone: var(--sf-accent-dark, #ff9d6c); --shadow: 0 18px 50px rgb(0 0 0 / .55), 0 2px 8px rgb(0 0 0 / .4); --lift: 0 1px 2px rgb(0 0 0 / .35);
  color-scheme: dark;
`;

const CSS = `
:host { all: initial; direction: ltr; unicode-bidi: isolate; } /* of the page's own look nothing is inherited */
:host {
  --accent: var(--sf-accent, #b8410f); --on-accent: var(--sf-on-accent, #fff); --radius: var(--sf-radius, 18px);
  --paper: #fff; --ground: #f8f4f0; --raised: #fff; --ink: #22201e; --quiet: #6b645e; --hair: #e9e1da;
  --notice: #fff3d3; --notice-ink: #6a4a00; --bad: #b3261e; --good: #1c7a45;
  --tone: var(--accent); --shadow: 0 18px 50px rgb(74 40 20 / .22), 0 2px 8px rgb(74 40 20 / .10); --lift: 0 1px 2px rgb(74 40 20 / .08);
  color-scheme: light;
  display: contents;
  font: 400 15px/1.6 var(--sf-font, system-ui, -apple-system, "PingFang SC", "HarmonyOS Sans SC", "MiSans", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif);
  color: var(--ink);
}
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) {${DARK}} }
:host([theme="dark"]) {${DARK}}

*, *::before { box-sizing: border-box; }
[hidden] { display: none !important; }
button, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; border: 0; background: none; padding: 0; -webkit-tap-highlight-color: transparent; }
button:disabled { cursor: default; }
h2, h3, p, ul { margin: 0; padding: 0; }
ul { list-style: none; }
svg { width: 24px; height: 24px; display: block; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
:focus-visible { outline: 2px solid var(--tone); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher {
  position: fixed; z-index: var(--sf-z, 2147483000);
  right: max(20px, env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom));
  display: flex; align-items: center; gap: 8px; height: 56px; padding: 0 22px 0 18px; border-radius: 28px;
  background: var(--accent); color: var(--on-accent); font-weight: 600; font-size: 16px;
  box-shadow: 0 8px 24px rgb(74 40 20 / .28), 0 2px 6px rgb(74 40 20 / .18); transition: transform .18s, box-shadow .18s;
}
.launcher:hover { transform: translateY(-2px); }
.badge {
  position: absolute; top: -4px; right: -2px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px;
  background: #c81e1e; color: #fff; font-size: 12px; line-height: 22px; text-align: center; box-shadow: 0 0 0 2px var(--paper);
}

dialog { color: inherit; border: 0; margin: 0; padding: 0; max-width: none; max-height: none; }
.dialog {
  position: fixed; z-index: var(--sf-z, 2147483000); inset: auto;
  right: max(20px, env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom));
  width: 400px; height: min(700px, 100vh - 40px); height: min(700px, 100dvh - 40px);
  flex-direction: column; overflow: clip; border-radius: var(--radius); background: var(--ground); box-shadow: var(--shadow);
}
.dialog[open] { display: flex; animation: rise .22s cubic-bezier(.2, .8, .3, 1); }
@keyframes rise { from { opacity: 0; transform: translateY(14px) scale(.985); } }

.head { display: flex; align-items: center; gap: 11px; padding: 13px 10px 13px 16px; background: var(--paper); border-bottom: 1px solid var(--hair); }
.face { flex: none; display: grid; place-items: center; width: 40px; height: 40px; border-radius: 50%; background: var(--accent); color: var(--on-accent); }
.who { flex: 1; min-width: 0; }
h2 { font-size: 16px; line-height: 1.35; font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who p { font-size: 12px; line-height: 1.4; color: var(--quiet); }
.human { flex: none; padding: 5px 11px; border: 1px solid var(--hair); border-radius: 999px; font-size: 13px; color: var(--tone); white-space: nowrap; }
.human:hover, .icon:hover { background: var(--ground); }
.icon { flex: none; display: grid; place-items: center; width: 40px; height: 40px; border-radius: 12px; color: var(--quiet); }

.line { padding: 7px 16px; font-size: 13px; text-align: center; background: var(--notice); color: var(--notice-ink); }
.subject { padding: 6px 16px; font-size: 12px; color: var(--quiet); background: var(--paper); border-bottom: 1px solid var(--hair); }

.middle { position: relative; flex: 1; min-height: 0; display: flex; }
.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px 14px 10px; display: flex; flex-direction: column; gap: 10px; }
.log:focus-visible { outline-offset: -3px; }
.time { align-self: center; font-size: 12px; color: var(--quiet); text-align: center; padding: 4px 0; }
.latest {
  position: absolute; right: 14px; bottom: 12px; display: grid; place-items: center; width: 40px; height: 40px; border-radius: 50%;
  background: var(--raised); color: var(--tone); box-shadow: 0 3px 12px rgb(0 0 0 / .18);
}

.entry { flex: none; display: flex; flex-direction: column; align-items: flex-start; gap: 6px; max-width: 88%; }
.entry.buyer { align-self: flex-end; align-items: flex-end; }
.bubble {
  padding: 9px 13px; border-radius: 5px 16px 16px; background: var(--raised); box-shadow: var(--lift);
  white-space: pre-wrap; overflow-wrap: anywhere; line-break: strict;
}
.buyer .bubble { border-radius: 16px 5px 16px 16px; background: var(--accent); color: var(--on-accent); box-shadow: none; }
.agent .bubble { border-left: 3px solid var(--good); }
.bubble a { color: var(--tone); }
.buyer .bubble a { color: inherit; }
.pending .bubble, .pending .picture { opacity: .78; }
.status { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 4px 10px; font-size: 12px; color: var(--quiet); }
.pending .status { animation: late .2s .9s backwards; }
@keyframes late { from { opacity: 0; } }
.failed .status span { color: var(--bad); }
.link { color: var(--tone); text-decoration: underline; min-height: 24px; padding: 0 2px; }
progress { width: 96px; height: 6px; accent-color: var(--tone); }

.picture { display: block; border-radius: 14px; overflow: hidden; background: var(--raised); box-shadow: var(--lift); min-width: 96px; min-height: 72px; }
.picture img { display: block; max-width: 220px; max-height: 240px; }
.picture.lost img { padding: 24px 14px; font-size: 13px; }
.video { display: flex; align-items: center; gap: 8px; }

.typing { display: flex; gap: 5px; padding: 15px 15px; }
.typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--quiet); animation: breathe 1.2s infinite ease-in-out; }
.typing i:nth-child(2) { animation-delay: .16s; }
.typing i:nth-child(3) { animation-delay: .32s; }
@keyframes breathe { 0%, 70%, 100% { opacity: .3; transform: none; } 35% { opacity: 1; transform: translateY(-3px); } }

.options, .row { display: flex; flex-wrap: wrap; gap: 8px; }
.options button, .row button {
  min-height: 38px; padding: 6px 16px; border: 1px solid var(--tone); border-radius: 999px; background: var(--raised); color: var(--tone);
  font-weight: 550; text-align: left;
}
.options button:hover, .row button:not(:disabled):hover { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }

.card { width: 304px; max-width: 100%; border-radius: 5px 16px 16px; background: var(--raised); box-shadow: var(--lift); padding: 13px 15px; overflow-wrap: anywhere; }
h3 { display: flex; align-items: center; gap: 6px; font-size: 13px; font-weight: 600; color: var(--quiet); margin-bottom: 6px; }
h3 svg { width: 18px; height: 18px; stroke-width: 2.4; color: var(--good); }
.card .note { margin-top: 9px; font-size: 12px; color: var(--quiet); }
.lines li { display: grid; grid-template-columns: 1fr auto; gap: 0 12px; padding: 8px 0; border-top: 1px dashed var(--hair); }
.lines li:first-child { border-top: 0; padding-top: 0; }
.lines b { grid-column: 2; grid-row: 1; color: var(--tone); font-variant-numeric: tabular-nums; }
.lines span { grid-column: 1 / -1; }
.lines .name { grid-column: 1; font-weight: 600; }
.lines .fine { font-size: 12px; color: var(--quiet); }
.figure { font-size: 17px; line-height: 1.45; font-weight: 650; }
.figure b { font-size: 21px; margin: 0 3px; color: var(--tone); font-variant-numeric: tabular-nums; }
.due { font-size: 13px; color: var(--quiet); }
.row { margin-top: 12px; }
.row button { flex: 1; text-align: center; }
.row button:first-child { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.row button:disabled { background: none; border-color: var(--hair); color: var(--quiet); font-weight: 400; }
.row button[aria-pressed="true"] { border-color: var(--good); color: var(--good); font-weight: 600; }
.promise { border-left: 3px solid var(--good); }
.orders { padding: 4px 0; overflow: hidden; }
.orders li + li { border-top: 1px solid var(--hair); }
.orders button { display: block; width: 100%; padding: 9px 15px; text-align: left; }
.orders button:not(:disabled):hover { background: var(--ground); }
.orders button:focus-visible { outline-offset: -2px; }
.orders b { display: block; font-weight: 550; }
.orders button:disabled b { font-weight: 400; color: var(--quiet); }
.orders button[aria-pressed="true"] { box-shadow: inset 3px 0 var(--good); }
.orders button[aria-pressed="true"] b { color: var(--ink); font-weight: 550; }
.orders small { font-size: 12px; color: var(--quiet); }

form { flex: none; padding: 8px 10px max(10px, env(safe-area-inset-bottom)); background: var(--paper); border-top: 1px solid var(--hair); }
.bar { display: flex; align-items: flex-end; gap: 4px; }
.camera { display: none; }
@media (pointer: coarse) { .camera { display: grid; } }
textarea {
  flex: 1; user-select: text; min-width: 0; min-height: 40px; max-height: 132px; resize: none; padding: 8px 13px; border: 1px solid var(--hair); border-radius: 20px;
  font-size: 16px; line-height: 22px; background: var(--ground);
}
textarea::placeholder { color: var(--quiet); opacity: 1; }
textarea:focus-visible { outline-offset: -1px; }
.send { flex: none; display: grid; place-items: center; width: 40px; height: 40px; margin-left: 4px; border-radius: 50%; background: var(--accent); color: var(--on-accent); }
.send svg { width: 20px; height: 20px; transform: translate(-1px, 1px); }
.notice { padding: 4px 8px 8px; font-size: 13px; color: var(--bad); }
.tray { display: flex; gap: 8px; padding: 6px 4px 10px; overflow-x: auto; }
.tray li { position: relative; flex: none; }
.frame { display: grid; place-items: center; width: 64px; height: 64px; border-radius: 12px; overflow: hidden; background: var(--hair); color: var(--quiet); }
.frame img { width: 100%; height: 100%; object-fit: cover; }
.tray .icon { position: absolute; top: -6px; right: -6px; width: 24px; height: 24px; border-radius: 50%; background: var(--ink); color: var(--paper); }
.tray .icon svg { width: 14px; height: 14px; stroke-width: 2.6; }
[aria-busy] .frame { animation: late .7s infinite alternate; }
.drop { display: none; position: absolute; inset: 8px; place-items: center; border: 2px dashed var(--tone); border-radius: 14px; background: var(--paper); font-weight: 600; pointer-events: none; }
.dropping .drop { display: grid; }

.viewer { position: fixed; inset: 0; width: 100vw; height: 100vh; height: 100dvh; background: rgb(0 0 0 / .88); }
.viewer[open] { display: grid; place-items: center; }
.viewer::backdrop, .dialog::backdrop { background: none; }
.viewer img { max-width: 100vw; max-height: 100vh; max-height: 100dvh; object-fit: contain; }
.viewer .icon { position: absolute; top: max(12px, env(safe-area-inset-top)); right: 12px; color: #fff; background: rgb(0 0 0 / .5); }

@media (max-width: 30rem), (max-height: 26rem) {
  .dialog { inset: 0 auto auto 0; top: var(--seen-top, 0); width: 100vw; height: 100vh; height: 100dvh; height: var(--seen-height, 100dvh); border-radius: 0; }
  .head { padding-top: max(10px, env(safe-area-inset-top)); }
  form, .log { padding-left: max(10px, env(safe-area-inset-left)); padding-right: max(10px, env(safe-area-inset-right)); }
}
@media print { .launcher, .dialog, .viewer { display: none !important; } }
@media (prefers-reduced-motion: reduce) { *, *::before { animation: none !important; transition: none !important; } }
`;

let sheet;

/** @param {ShadowRoot} root */
export function dress(root) {
  try {
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  } catch { // Safari before 16.4
    const style = document.createElement("style");
    style.textContent = CSS;
    root.append(style);
  }
}
