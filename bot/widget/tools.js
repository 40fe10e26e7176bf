// What can be done with an answer: copy it with its sources, print it, ask a person, say whether it helped.

function showTools(turn, question, answer, widget) {
  const tools = make("div", turn, "", "tools");
  const told = make("p", null, "", "told");
  told.setAttribute("role", "status");
  const tell = (text, bad = false) => {
    told.textContent = text;
    told.classList.toggle("bad", bad);
  };
  press(tools, "出典つきでコピー", async () => {
    const copied = await copy(asText(question, answer), tools);
    tell(copied ? "コピーしました。" : "コピーできませんでした。文章を選んでコピーしてください。", !copied);
  }, "plain");
  press(tools, "印刷", () => print(question, answer, tools), "plain");
  press(tools, "人に相談する", () => widget.consult(question), "plain");
  if (answer.id) askWhetherItHelped(tools, answer.id, widget, tell);
  tools.append(told);
}

function askWhetherItHelped(tools, id, widget, tell) {
  const row = make("div", tools, "", "helpful");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "この回答の評価");
  make("span", row, "役に立ちましたか");
  const choose = (chosen, other) => {
    chosen.setAttribute("aria-pressed", "true");
    other.setAttribute("aria-pressed", "false");
  };
  const send = async (feedback) => {
    try {
      await widget.server.json("POST", "/api/feedback", { answer: id, ...feedback });
      tell("ありがとうございます。回答の改善に使います。");
      return true;
    } catch (error) {
      tell(`送れませんでした。${explain(error).replace(/「もう一度送る」を押して.*/, "もう一度押してください。")}`, true);
      return false;
    }
  };
  const yes = press(row, "役に立った", async () => (await send({ helpful: true })) && choose(yes, no), "plain");
  const no = press(row, "役に立たなかった", () => askWhy(widget, async (why) => {
    if (await send({ helpful: false, ...why })) choose(no, yes);
  }), "plain");
  for (const button of [yes, no]) button.setAttribute("aria-pressed", "false");
}

function askWhy(widget, send) {
  const dialog = widget.open("役に立たなかった理由");
  const form = make("form", dialog);
  const reasons = make("fieldset", form, "", "field");
  make("legend", reasons, "理由を1つ選んでください");
  const choices = make("div", reasons, "", "choices");
  for (const reason of COMPLAINTS) {
    const label = make("label", choices, "", "choice");
    const radio = make("input", label);
    Object.assign(radio, { type: "radio", name: "reason", value: reason, required: true });
    label.append(reason);
  }
  const comment = field(form, "詳しく（書かなくてもかまいません）", "textarea", { maxLength: 1000, rows: 3 });
  make("p", form, "個人情報を入力しないでください。", "note");
  buttons(form, "送る", dialog);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const reason = new FormData(form).get("reason");
    dialog.close();
    send({ reason, ...(comment.value.trim() && { comment: comment.value.trim() }) });
  });
}

async function copy(text, nearby) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // no permission, or a page without https: the old way
    const box = make("textarea", nearby, "", "sr");
    box.value = text;
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    return copied;
  }
}

// Only the answer is printed, whatever page the widget stands on.
function print(question, answer, nearby) {
  nearby.querySelector("iframe")?.remove();
  const frame = make("iframe", nearby, "", "sr");
  frame.title = "印刷する回答";
  const page = frame.contentDocument;
  page.title = "ハンズオンナビの回答";
  const sheet = new frame.contentWindow.CSSStyleSheet();
  sheet.replaceSync("body { font: 11pt/1.7 sans-serif; white-space: pre-wrap; overflow-wrap: anywhere; }");
  page.adoptedStyleSheets = [sheet];
  page.body.textContent = asText(question, answer);
  frame.contentWindow.addEventListener("afterprint", () => frame.remove());
  frame.contentWindow.print();
}
