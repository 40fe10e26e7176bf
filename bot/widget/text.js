// Nodes and words. Whatever comes from a server or a person becomes text, never markup.

function make(tag, parent, text = "", className = "") {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (className) node.className = className;
  parent?.append(node);
  return node;
}

function press(parent, text, act, className = "") {
  const button = make("button", parent, text, className);
  button.type = "button";
  button.addEventListener("click", act);
  return button;
}

// A link to a page of the server, in a new tab so that the conversation stays; other schemes than http make no link.
function leadTo(parent, text, address, base, className = "") {
  const url = webAddress(address, base);
  if (!url) return make("span", parent, text, className);
  const link = make("a", parent, text, className);
  link.href = url.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function webAddress(address, base) {
  if (!address) return null;
  try {
    const url = new URL(address, base);
    return /^https?:$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

// The source, opened where the sentence is marked.
function sourceOf(citation, base) {
  const url = webAddress(citation.url, base);
  if (url && !url.searchParams.has("sentence")) url.searchParams.set("sentence", citation.quote);
  return url ? url.href : "";
}

function place(item) {
  const page = item.page ? `　${item.page}ページ${item.printed ? `（紙面では${item.printed}）` : ""}` : "";
  return [item.title, ...(item.section ?? [])].join("　＞　") + page;
}

const SHELVES = {
  guide: "手引き", cases: "事例", technologies: "技術カタログ", programmes: "支援カタログ", contacts: "相談先",
  forums: "フォーラム", needs: "ニーズ", advisors: "人材バンク", faq: "質問と回答", glossary: "用語", library: "文書",
};

// 2026-11-22… or 20261122T… -> 2026年11月22日
function dateOf(text) {
  const found = /^(\d{4})-?(\d{2})-?(\d{2})/.exec(text ?? "");
  return found ? `${found[1]}年${+found[2]}月${+found[3]}日` : "";
}

// A date and time of the server, as the reader's clock tells it.
function timeOf(text) {
  const at = new Date(text ?? "");
  if (Number.isNaN(at.getTime())) return "";
  return `${at.getMonth() + 1}月${at.getDate()}日${at.getHours()}時${String(at.getMinutes()).padStart(2, "0")}分`;
}
