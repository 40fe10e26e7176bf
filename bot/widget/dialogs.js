// What is asked apart from the conversation: the municipality, and an application to the secretariat.

let fields = 0;

// A labelled field; its error is written below it and told with it.
function field(form, label, tag, properties = {}) {
  const box = make("div", form, "", "field");
  const id = `field-${++fields}`;
  const name = make("label", box, label);
  name.htmlFor = id;
  if (properties.must) make("span", name, "必須", "must");
  const input = make(tag, box);
  const { must, ...own } = properties;
  Object.assign(input, own, { id });
  if (must) input.setAttribute("aria-required", "true");
  const fault = make("p", box, "", "error");
  fault.id = `${id}-fault`;
  fault.hidden = true;
  input.setAttribute("aria-describedby", fault.id);
  input.complain = (message) => {
    fault.textContent = message;
    fault.hidden = !message;
    input.setAttribute("aria-invalid", String(Boolean(message)));
  };
  return input;
}

function buttons(form, send, dialog) {
  const row = make("div", form, "", "buttons");
  press(row, "やめる", () => dialog.close());
  const button = make("button", row, send, "solid");
  button.type = "submit";
  return button;
}

// 市区町村を選ぶ: search by name or reading; what is chosen stays in this browser and goes along with each question.
function chooseMunicipality(widget) {
  const dialog = widget.open("あなたの自治体");
  const stack = make("div", dialog, "", "stack");
  make("p", stack, "選ぶと、質問に自治体の名前を添えて送ります。地域に合う相談先や事例を選ぶために使います。");
  const search = field(stack, "自治体の名前か読み（例：君津、きみつ）", "input", { inputMode: "search", autocomplete: "off" });
  const status = make("p", stack, "", "note");
  status.setAttribute("role", "status");
  const list = make("ul", stack, "", "found");
  const choose = (municipality) => {
    widget.livesIn(municipality);
    dialog.close();
  };
  let asked = 0;
  search.addEventListener("input", async () => {
    const mine = ++asked;
    await new Promise((resolve) => setTimeout(resolve, 150));
    if (mine !== asked) return;
    const name = search.value.trim();
    const found = name ? await findMunicipalities(widget.server, name, status) : [];
    if (mine !== asked) return;
    if (!name) status.textContent = "";
    list.replaceChildren();
    for (const one of found) {
      const button = press(make("li", list), one.whole, () => choose(one.whole));
      make("small", button, one.reading);
    }
  });
  const row = make("div", stack, "", "buttons");
  if (widget.memory.get("municipality")) press(row, "選ばない", () => choose(""));
  press(row, "閉じる", () => dialog.close());
  search.focus();
}

async function findMunicipalities(server, name, status) {
  try {
    const { municipalities, total } = await server.json("GET", `/api/municipalities?q=${encodeURIComponent(name)}`);
    const left = total > municipalities.length ? `（はじめの${municipalities.length}件）` : "";
    const near = municipalities.length ? "名前の近い自治体を示します。" : "別の書き方でお試しください。";
    status.textContent = total ? `${total}件${left}` : `「${name}」という自治体はありません。${near}`;
    return municipalities;
  } catch (error) {
    status.textContent = `探せませんでした。${error instanceof Refused ? error.message : "通信を確かめてください。"}`;
    return [];
  }
}

// 人に相談する: the application goes to the secretariat, with consent only.
function applyForHelp(widget, need) {
  const dialog = widget.open("人に相談する");
  const form = make("form", dialog);
  form.noValidate = true; // our words, tied to the fields
  make("p", form, "内容と連絡先を事務局に送ります。事務局から連絡します。");
  const wish = field(form, "相談したいこと", "textarea", { rows: 3, maxLength: 2000, must: true, value: need });
  const town = field(form, "自治体の名前", "input", { must: true, value: widget.memory.get("municipality") });
  const name = field(form, "お名前", "input", { must: true, autocomplete: "name" });
  const reach = make("fieldset", form, "", "field");
  make("legend", reach, "連絡先（どちらか1つでかまいません）");
  const pair = make("div", reach, "", "pair");
  const mail = field(pair, "メールアドレス", "input", { type: "email", autocomplete: "email" });
  const phone = field(pair, "電話番号", "input", { type: "tel", autocomplete: "tel" });
  const consent = agreement(form, "相談の内容と連絡先を事務局に渡すことに同意します");
  const fault = make("p", form, "", "error");
  fault.setAttribute("role", "alert");
  const button = buttons(form, "申し込む", dialog);
  const rules = () => [
    [wish, wish.value.trim() ? "" : "相談したいことを書いてください。"],
    [town, town.value.trim() ? "" : "自治体の名前を書いてください。"],
    [name, name.value.trim() ? "" : "お名前を書いてください。"],
    [mail, mail.value.trim() || phone.value.trim() ? "" : "メールアドレスか電話番号のどちらかを書いてください。"],
    [consent, consent.checked ? "" : "同意できるときだけ申し込めます。同意するときは印を付けてください。"],
  ];
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = rules().filter(([input, message]) => (input.complain(message), message));
    if (wrong.length) return wrong[0][0].focus();
    fault.textContent = "";
    button.disabled = true;
    try {
      const receipt = await widget.server.json("POST", "/api/requests", {
        need: wish.value, municipality: town.value.trim(), consent: true,
        contact_name: name.value, contact_mail: mail.value, contact_phone: phone.value,
      });
      thank(dialog, receipt.message);
    } catch (error) {
      fault.textContent = error instanceof Refused ? error.message : "送れませんでした。通信を確かめて、もう一度「申し込む」を押してください。";
      button.disabled = false;
    }
  });
  wish.focus();
}

function agreement(form, text) {
  const box = make("div", form, "", "field");
  const label = make("label", box, "", "choice");
  const input = make("input", label);
  input.type = "checkbox";
  label.append(text);
  const fault = make("p", box, "", "error");
  fault.id = `field-${++fields}-fault`;
  input.setAttribute("aria-describedby", fault.id);
  input.complain = (message) => {
    fault.textContent = message;
    input.setAttribute("aria-invalid", String(Boolean(message)));
  };
  return input;
}

function thank(dialog, message) {
  dialog.querySelector("form").remove();
  const stack = make("div", dialog, "", "stack");
  const told = make("p", stack, message);
  told.tabIndex = -1;
  press(make("div", stack, "", "buttons"), "閉じる", () => dialog.close(), "solid");
  told.focus();
}

function confirmClearing(widget) {
  const dialog = widget.open("履歴を消しますか");
  const stack = make("div", dialog, "", "stack");
  make("p", stack, "このブラウザに残した質問と回答、サーバーにあるこの会話を消します。元に戻せません。");
  const row = make("div", stack, "", "buttons");
  press(row, "やめる", () => dialog.close());
  press(row, "消す", () => {
    dialog.close();
    widget.clear();
  }, "solid");
}
