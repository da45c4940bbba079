// The case of the conversation that is open in Chatwoot, which tells us by a message which one that is.

const script = /** @type {HTMLScriptElement} */ (document.currentScript);
const list = /** @type {HTMLElement} */ (document.getElementById("lines"));
const suggested = /** @type {HTMLElement} */ (document.getElementById("suggested"));
const words = /** @type {HTMLElement} */ (suggested.querySelector("blockquote"));
const copy = /** @type {HTMLButtonElement} */ (suggested.querySelector("button"));
let shown = "";

copy.addEventListener("click", () => navigator.clipboard.writeText(words.textContent ?? ""));

window.addEventListener("message", (event) => {
  if (new URL(event.origin).origin !== new URL(script.dataset.desk ?? "").origin) return;
  let said;
  try {
    said = typeof event.data === "string" ? JSON.parse(event.data) : event.data;
  } catch {
    return;
  }
  const conversation = said?.event === "appContext" ? said.data?.conversation : null;
  if (conversation?.id) show(conversation.account_id, conversation.id);
});
window.parent.postMessage("chatwoot-dashboard-app:fetch-info", "*");

async function show(account, conversation) {
  const wanted = `${account}.${conversation}`;
  shown = wanted;
  const found = await load(account, conversation);
  if (shown !== wanted) return; // another one was opened meanwhile
  list.replaceChildren(...found.lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
  words.textContent = found.suggested;
  suggested.hidden = !found.suggested;
}

async function load(account, conversation) {
  try {
    const answer = await fetch(script.src.replace(/panel\.js$/, "case"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ account, conversation }),
    });
    if (answer.ok) return await answer.json();
  } catch {
    // said below
  }
  return { lines: ["少发现在没有回音，请稍后再打开一次"], suggested: "" };
}
