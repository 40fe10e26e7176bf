// <handson-navi>: a button and a panel on any page, or with the attribute "page" the whole of one.

const sheet = new CSSStyleSheet(); // allowed under a policy without 'unsafe-inline'
sheet.replaceSync(STYLE);
const HOME = document.currentScript?.src || location.href;
const LIMIT = 1000; // letters of a question, unless the attribute "limit" says otherwise

class HandsonNavi extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    this.base = new URL(this.getAttribute("server") || HOME, location.href).origin;
    this.memory = new Memory(this.base);
    this.server = new Server(this.base, this.memory);
    if (this.getAttribute("municipality") && !this.memory.get("municipality")) {
      this.memory.set("municipality", this.getAttribute("municipality"));
    }
    this.whole = this.hasAttribute("page");
    this.replaceChildren(); // the form that works without this script
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    const root = make("div", this.shadowRoot, "", "root");
    this.build(root);
    this.greet();
    for (const { question, answer } of this.memory.get("turns")) this.show(this.say(question), question, answer);
    this.livesIn(this.memory.get("municipality"));
    this.tellEnd(this.memory.get("expires"));
    if (this.whole && this.memory.get("turns").length) this.bringUp(this.log.lastElementChild);
    if (this.whole) this.arrive();
    else this.toggle(this.hasAttribute("open"), false);
    const question = this.getAttribute("question");
    if (question) this.ask(question);
  }

  build(root) {
    if (!this.whole) {
      this.launcher = press(root, this.getAttribute("label") || "AIに質問する", () => this.toggle(true), "launcher solid");
      this.launcher.setAttribute("aria-haspopup", "dialog");
    }
    this.panel = make("section", root, "", "panel");
    const title = this.getAttribute("name") || "ハンズオンナビ";
    this.panel.setAttribute("role", this.whole ? "region" : "dialog");
    this.panel.setAttribute("aria-label", title);
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.whole && !event.isComposing) this.toggle(false);
    });
    this.buildHead(title);
    this.log = make("div", this.panel, "", "log");
    this.log.setAttribute("role", "log");
    this.log.setAttribute("aria-label", "質問と回答");
    for (const moved of ["wheel", "touchmove", "keydown"]) this.log.addEventListener(moved, () => { this.followed = false; }, { passive: true });
    this.log.setAttribute("aria-live", "off"); // the voice tells it, sentence by sentence and once
    if (!this.whole) this.log.tabIndex = 0; // scrolls by keyboard
    this.voice = make("p", this.panel, "", "sr");
    this.voice.setAttribute("aria-live", "polite");
    const dock = make("div", this.panel, "", "dock");
    this.status = make("p", dock, "", "status");
    this.status.setAttribute("role", "status");
    this.buildForm(dock);
    const foot = make("div", this.panel, "", "foot");
    make("span", foot, "AIによる自動回答です。誤りを含むことがあります。必ず出典をご確認ください。");
    this.edition = make("span", foot);
    this.end = make("span", foot, "", "end");
  }

  buildHead(title) {
    const head = make("div", this.panel, "", "head");
    make("h2", head, title);
    this.town = press(head, "", () => chooseMunicipality(this), "plain");
    if (!this.whole) press(head, "閉じる", () => this.toggle(false), "plain close");
  }

  buildForm(dock) {
    const form = make("form", dock, "", "ask");
    const limit = Number(this.getAttribute("limit")) || LIMIT;
    const label = make("label", form, `質問（${limit.toLocaleString("ja")}文字まで。個人情報を入力しないでください）`);
    const row = make("div", form, "", "row");
    this.box = make("textarea", row);
    Object.assign(this.box, { id: "question", rows: 2, maxLength: limit });
    label.htmlFor = "question";
    this.button = make("button", row, "質問する", "solid");
    this.button.type = "submit";
    this.stop = press(row, "止める", () => this.running?.abort(), "");
    this.stop.hidden = true;
    this.fault = make("p", form, "", "error");
    this.fault.id = "fault";
    this.fault.setAttribute("role", "alert");
    this.box.setAttribute("aria-describedby", "fault");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask(this.box.value);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  greet() {
    const turn = make("section", this.log, "", "turn greeting");
    make("p", turn, "インフラの点検・修繕、新技術の導入、他の自治体の事例などについてお答えします。回答は資料の文を引用し、出典を付けます。");
    const list = make("ul", turn, "", "examples");
    for (const [need, question] of EXAMPLES) {
      const button = press(make("li", list), "", () => this.ask(question));
      make("b", button, need);
      button.append(question);
    }
    make("p", turn, "質問と回答の履歴は、このブラウザに残ります。共用のパソコンでは、終わったら「履歴を消す」を押してください。", "note");
    press(turn, "履歴を消す", () => confirmClearing(this), "plain clear");
  }

  toggle(open, byHand = true) {
    this.panel.hidden = !open;
    this.launcher.hidden = open;
    if (open) this.bringUp(this.log.lastElementChild);
    if (open) this.arrive();
    if (byHand) (open ? this.box : this.launcher).focus({ preventScroll: true });
  }

  // The date of the edition, once somebody looks.
  async arrive() {
    if (this.arrived) return;
    this.arrived = true;
    try {
      this.tellEdition((await this.server.json("GET", "/healthz")).created_at);
    } catch {
      this.arrived = false; // the first answer tells it
    }
  }

  tellEdition(date) {
    if (dateOf(date)) this.edition.textContent = `資料の版：${dateOf(date)}`;
  }

  // A question at the top and its answer below it; in a panel, the page around stays where it is.
  bringUp(turn) {
    const question = turn.previousElementSibling;
    if (!question) return;
    if (this.whole) question.scrollIntoView({ block: "start" });
    else this.log.scrollTop = question.offsetTop - this.log.offsetTop - 8;
  }

  // Until when the server keeps the conversation, so that nobody is surprised.
  tellEnd(time) {
    this.memory.set("expires", time);
    this.end.textContent = timeOf(time) ? `この会話の期限：${timeOf(time)}（聞くたびに延びます）` : "";
  }

  livesIn(municipality) {
    this.memory.set("municipality", municipality);
    this.town.textContent = municipality ? `自治体：${municipality}` : "自治体を選ぶ";
    this.town.title = municipality ? "あなたの自治体を変える" : "";
  }

  say(question) {
    make("section", this.log, question, "turn user");
    return make("section", this.log, "", "turn bot");
  }

  show(turn, question, answer) {
    turn.replaceChildren();
    if (answer.renewed) make("p", turn, "前の会話は期限が過ぎていたので、新しい会話で答えました。前の質問は踏まえていません。", "note");
    showAnswer(turn, answer, this.base);
    if (answer.advisors?.length) {
      showAdvisors(turn, answer.advisors, this.base, (advisor) => this.consult(`${question}\n（希望する専門家：${advisor.name}）`));
    }
    if (answer.follow_ups?.length) this.offer(turn, answer.follow_ups);
    showTools(turn, question, answer, this);
  }

  offer(turn, questions) {
    const part = make("div", turn, "", "part");
    make("h3", part, "続けて聞けること");
    const list = make("ul", part, "", "follow");
    for (const question of questions) press(make("li", list), question, () => this.ask(question));
  }

  consult(need) {
    applyForHelp(this, need);
  }

  // A dialog over everything; where the focus was, it returns.
  open(title) {
    const from = this.shadowRoot.activeElement;
    const dialog = make("dialog", this.shadowRoot.querySelector(".root"));
    const heading = make("h2", dialog, title);
    heading.id = "dialog-title";
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.addEventListener("close", () => {
      dialog.remove();
      // the browser has returned it already, and by now the reader may have moved on: only what is lost is brought back
      if (!this.shadowRoot.activeElement) (from?.isConnected ? from : this.box).focus({ preventScroll: true });
    });
    dialog.showModal();
    return dialog;
  }

  async clear() {
    this.running?.abort();
    this.log.replaceChildren();
    this.tellEnd("");
    this.greet();
    this.box.focus();
    try {
      await this.server.forget();
      this.tell("履歴を消しました。");
    } catch {
      this.tell("このブラウザの履歴を消しました。サーバーの会話は、期限が来ると消えます。");
    }
  }

  tell(status, busy = false) {
    this.status.textContent = status;
    this.status.classList.toggle("busy", busy);
  }
}
