// An answer as nodes: paragraphs or a table of records, numbered citations, nearest sections, advisors.

const FOLD = { lines: 5, records: 2 }; // so many are shown at once on a narrow screen
const FURTHER = "【くわしく】"; // where what goes further than the answer begins

// The mark [1] that opens its source.
function cite(parent, number, citations, base) {
  const citation = citations.find((one) => one.number === number);
  if (!citation) return make("span", parent, `[${number}]`, "cite");
  const mark = leadTo(parent, `[${number}]`, sourceOf(citation, base), base, "cite");
  mark.setAttribute("aria-label", `出典${number}：${citation.title}（新しいタブで開きます）`);
  return mark;
}

function withSources(answer) {
  return answer.sentences.map((sentence) => {
    const citation = answer.citations.find((one) => one.number === sentence.citations[0]);
    return { ...sentence, source: citation?.document_id ?? "", title: citation?.title ?? "" };
  });
}

// The text of the answer line by line, as the server arranged it; the numbers behind each sentence become its marks.
// What goes further than the answer is folded away.
function showText(body, answer, base) {
  const offered = new Set((answer.follow_ups ?? []).map((question) => `・${question}`)); // these are buttons below
  const lines = answer.text.split("\n").filter((line) => line && !offered.has(line));
  const left = [...answer.sentences];
  const further = lines.findIndex((line) => line.startsWith(FURTHER));
  const first = further < 0 ? lines : lines.slice(0, further);
  first.forEach((line, row) => showParagraph(body, line, left, answer, base, row >= FOLD.lines ? "later" : ""));
  unfold(body, first.length - FOLD.lines, "行");
  if (further < 0) return;
  const details = make("details", body, "", "further");
  make("summary", details, "くわしく（関係する記述）");
  for (const line of lines.slice(further + 1)) showParagraph(details, line, left, answer, base);
}

function showParagraph(parent, line, left, answer, base, className = "") {
  const kind = /^(【|■)/.test(line) ? "heading" : "";
  showLine(make("p", parent, "", `${kind} ${className}`.trim()), line, left, answer, base);
}

function showLine(paragraph, line, left, answer, base) {
  let rest = line;
  while (left.length) {
    const [sentence, next] = left;
    const words = rest.includes(sentence.text) ? sentence.text : sentence.text.replace(/^・/, ""); // a step has a number instead
    const at = rest.indexOf(words);
    if (at < 0) break;
    left.shift();
    const marks = sentence.citations.map((number) => `[${number}]`).join("");
    paragraph.append(rest.slice(0, at + words.length));
    rest = rest.slice(at + words.length);
    if (!rest.startsWith(marks)) continue;
    rest = rest.slice(marks.length);
    if (next && rest.startsWith(next.text) && String(next.citations) === String(sentence.citations)) continue;
    for (const number of sentence.citations) cite(paragraph, number, answer.citations, base);
  }
  paragraph.append(rest);
}

// Records side by side: a table where there is room, cards where there is none (by CSS; the roles outlive display: block).
function showTable(body, answer, base) {
  const sentences = withSources(answer);
  const labels = [...new Set(sentences.map((sentence) => sentence.label))];
  const records = [...new Set(sentences.map((sentence) => sentence.source))];
  const table = make("table", body);
  table.setAttribute("role", "table");
  table.setAttribute("aria-label", "見つかった記録の比較");
  const head = row(make("thead", table, "", ""), "rowgroup");
  for (const label of ["記録", ...labels]) cell(head, "th", "columnheader", label);
  const rows = make("tbody", table);
  rows.setAttribute("role", "rowgroup");
  records.forEach((record, n) => {
    const line = row(rows, "rowgroup", n >= FOLD.records ? "later" : "");
    const own = sentences.filter((sentence) => sentence.source === record);
    leadTo(cell(line, "th", "rowheader"), own[0].title, `/documents/${encodeURIComponent(record)}`, base);
    for (const label of labels) fillCell(line, label, own.filter((one) => one.label === label), answer, base);
  });
  unfold(body, records.length - FOLD.records, "件");
}

function row(group, role, className = "") {
  group.setAttribute("role", role);
  const line = make("tr", group, "", className);
  line.setAttribute("role", "row");
  return line;
}

function cell(line, tag, role, text = "", className = "") {
  const made = make(tag, line, text, className);
  made.setAttribute("role", role);
  if (tag === "th") made.scope = role === "columnheader" ? "col" : "row";
  return made;
}

function fillCell(line, label, sentences, answer, base) {
  const box = cell(line, "td", "cell", "", sentences.length ? "" : "none");
  make("span", box, label, "item").setAttribute("aria-hidden", "true");
  if (!sentences.length) make("span", box, "記載なし", "note");
  for (const sentence of sentences) {
    const paragraph = make("p", box, sentence.text);
    for (const number of sentence.citations) cite(paragraph, number, answer.citations, base);
  }
}

function unfold(body, left, unit) {
  if (left <= 0) return;
  press(body, `続きを読む（あと${left}${unit}）`, () => {
    body.classList.add("open");
    const next = body.querySelector(".later");
    next.tabIndex = -1;
    next.focus();
  }, "unfold");
}

function showAnswer(turn, answer, base) {
  turn.classList.add(answer.status);
  const body = make("div", turn, "", "body");
  const records = new Set(withSources(answer).map((sentence) => sentence.source));
  const compared = answer.sentences.length > 1 && records.size > 1 && answer.sentences.every((one) => one.label);
  if (compared) showLead(body, answer.text);
  (compared ? showTable : showText)(body, answer, base);
  if (answer.citations.length) showSources(turn, answer.citations, base);
  if (answer.nearest?.length) showNearest(turn, answer.nearest, base);
}

// What stands before the records; the reasons for each advisor are on the cards.
function showLead(body, text) {
  const lines = text.split("\n");
  const lead = lines.slice(0, lines.findIndex((line) => line.startsWith("■")));
  for (const line of lead.filter((one) => one && !one.startsWith("・"))) make("p", body, line);
}

function showSources(turn, citations, base) {
  const details = make("details", turn);
  make("summary", details, `出典（${citations.length}件）`);
  const list = make("ol", details, "", "sources");
  for (const citation of citations) {
    const item = make("li", list);
    item.value = citation.number;
    make("span", item, SHELVES[citation.shelf] ?? "文書", "kind");
    leadTo(item, place(citation), sourceOf(citation, base), base);
    make("blockquote", item, citation.quote);
  }
}

function showNearest(turn, nearest, base) {
  const part = make("div", turn, "", "part");
  make("h3", part, "近い箇所");
  const list = make("ul", part, "", "sources plainly");
  for (const near of nearest) leadTo(make("li", list), place(near), near.url, base);
}

function showAdvisors(turn, advisors, base, consult) {
  const part = make("div", turn, "", "part");
  make("h3", part, "相談できる専門家");
  const cards = make("div", part, "", "cards");
  for (const advisor of advisors) {
    const card = make("section", cards, "", "card");
    const name = make("h4", card, advisor.name);
    if (advisor.sample) make("span", name, "サンプルデータ", "sample");
    if (advisor.stage) make("p", card, `支援する段階：${advisor.stage}`);
    const reasons = make("ul", card);
    for (const { reason } of advisor.parts ?? []) if (reason) make("li", reasons, reason);
    for (const one of advisor.evidence ?? []) {
      leadTo(make("p", card, "支援した事例："), one.title, `/documents/${encodeURIComponent(one.case_id)}`, base);
    }
    press(card, "この専門家のことを事務局に相談する", () => consult(advisor));
  }
}

// The answer as text that can stand in an official paper: its sentences with numbers, then the sources.
function asText(question, answer) {
  const sources = answer.citations.map((one) => `[${one.number}] ${one.source || place(one)}\n　「${one.quote}」`);
  return [
    `質問：${question}`, "", answer.text, ...(sources.length ? ["", "出典", ...sources] : []), "",
    `（ハンズオンナビによる自動回答。資料の版：${dateOf(answer.release) || answer.release}。出典を確かめてお使いください。）`,
  ].join("\n");
}
