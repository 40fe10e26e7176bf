// The chat page: asks /api/chat as a stream and shows what comes as text, never as markup.
"use strict";

const form = document.getElementById("ask");
const box = document.getElementById("question");
const button = form.querySelector("button");
const log = document.getElementById("log");
const status = document.getElementById("status");
const fault = document.getElementById("fault");

function make(tag, parent, text = "", className = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  if (className) node.className = className;
  parent.append(node);
  return node;
}

function place(item) {
  const page = item.page ? `　${item.page}ページ${item.printed ? `（紙面では${item.printed}）` : ""}` : "";
  return [item.title, ...item.section].join("　＞　") + page;
}

function link(parent, text, href) {
  const node = make("a", parent, text);
  node.href = href;
  return node;
}

// A paragraph for each document and each item of a list, as in the text of the answer; the numbers lead to the list of sources.
function showAnswer(turn, answer, turnId) {
  turn.replaceChildren();
  turn.classList.add(answer.status);
  const lead = answer.text.split("\n")[0];
  if (answer.status !== "answered") make("p", turn, lead);
  let paragraph = null;
  let before = null;
  answer.sentences.forEach((sentence, row) => {
    const source = answer.citations[sentence.citations[0] - 1].document_id;
    const item = sentence.text.startsWith("・");
    if (`${source}${item}` !== before || item) paragraph = make("p", turn);
    before = `${source}${item}`;
    paragraph.append(sentence.text);
    const next = answer.sentences[row + 1];
    // neighbours that share a quotation share its number
    if (next && String(next.citations) === String(sentence.citations)) return;
    for (const number of sentence.citations) {
      const mark = link(make("sup", paragraph), `[${number}]`, `#${turnId}-${number}`);
      mark.setAttribute("aria-label", `出典${number}`);
    }
  });
  if (answer.citations.length) showSources(turn, answer.citations, turnId);
  if (answer.nearest.length) {
    make("h2", turn, "近い箇所");
    const list = make("ul", turn, "", "sources");
    for (const near of answer.nearest) link(make("li", list), place(near), near.url);
  }
}

function showSources(turn, citations, turnId) {
  make("h2", turn, "出典");
  const list = make("ol", turn, "", "sources");
  for (const citation of citations) {
    const item = make("li", list);
    item.value = citation.number;
    item.id = `${turnId}-${citation.number}`;
    link(item, place(citation), citation.url);
    make("blockquote", item, citation.quote);
  }
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block);
      const data = /^data: (.*)$/m.exec(block);
      if (name && data) yield [name[1], JSON.parse(data[1])];
    }
  }
}

async function ask(question) {
  const response = await fetch("/api/chat", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ question }),
  });
  if (!response.ok) throw new Error((await response.json()).message);
  for await (const [name, data] of events(response)) {
    if (name === "step") status.textContent = data.label;
    if (name === "error") throw new Error(data.message);
    if (name === "done") return data;
  }
  throw new Error("回答の途中で通信が切れました。もう一度「質問する」を押してください。");
}

function explain(error) {
  if (error instanceof TypeError) return "サーバーにつながりません。少し待ってもう一度「質問する」を押してください。";
  return error.message;
}

async function submit(question) {
  fault.textContent = "";
  button.disabled = true;
  const asked = make("section", log, "", "turn user");
  make("p", asked, question);
  const turn = make("section", log, "", "turn bot");
  make("p", turn, "…");
  turn.scrollIntoView({ block: "nearest" });
  try {
    showAnswer(turn, await ask(question), `turn${log.children.length}`);
    box.value = "";
    asked.scrollIntoView({ block: "start" });
  } catch (error) {
    asked.remove();
    turn.remove();
    box.value = question; // what was typed is not lost
    fault.textContent = explain(error);
  } finally {
    status.textContent = "";
    button.disabled = false;
    box.focus({ preventScroll: true });
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!button.disabled) submit(box.value);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
    event.preventDefault();
    form.requestSubmit();
  }
});
for (const example of document.querySelectorAll(".examples a")) {
  example.addEventListener("click", (event) => {
    event.preventDefault();
    if (!button.disabled) submit(example.textContent);
  });
}
