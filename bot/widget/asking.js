// From a question to its answer on the page: each checked sentence as it comes, stopped or failed without losing a letter.

Object.assign(HandsonNavi.prototype, {
  async ask(typed) {
    const question = typed.trim();
    if (this.running) return;
    this.complain(question ? "" : "質問を書いてください。");
    if (!question) return this.box.focus();
    const turn = this.say(question);
    this.running = new AbortController();
    this.busy(true, typed);
    this.followed = true;
    this.follow(turn);
    const heard = { sentences: [], citations: [] };
    try {
      const answer = await this.listen(question, turn, heard);
      this.show(turn, question, answer);
      this.follow(turn);
      this.memory.add(question, answer);
      this.tell("");
    } catch (error) {
      this.halt(turn, question, heard, error);
    } finally {
      this.running = null;
      this.busy(false, typed);
    }
  },

  async listen(question, turn, heard) {
    const body = make("div", turn, "", "body");
    this.tell("質問を送っています…", true);
    let renewed = false;
    for await (const [name, data] of this.server.ask(question, this.running.signal)) {
      if (name === "renewed") renewed = data;
      if (name === "step") this.tell(data.label, true);
      if (name === "sentence") this.hear(body, data, heard);
      if (name === "done") return this.note(renewed ? { ...data, renewed } : data);
    }
    throw new DOMException("stopped", "AbortError");
  },

  hear(body, sentence, heard) {
    heard.sentences.push(sentence);
    const text = sentence.label ? `${sentence.label}：${sentence.text}` : sentence.text;
    make("p", body, text);
    this.follow(body.parentElement);
    this.voice.textContent = text;
  },

  // What comes is brought into sight, until the reader moves the page.
  follow(turn) {
    if (this.followed) this.bringUp(turn);
  },

  note(answer) {
    if (answer.conversation) this.memory.set("conversation", answer.conversation);
    if (answer.expires_at) this.tellEnd(answer.expires_at);
    this.tellEdition(answer.release);
    if (!answer.sentences.length) this.voice.textContent = answer.text;
    return answer;
  },

  // What came stays to be read; the question goes back into the box, where it can be changed or sent again.
  halt(turn, question, heard, error) {
    const stopped = error.name === "AbortError";
    const message = stopped ? "止めました。" : explain(error, heard.sentences.length > 0);
    turn.classList.add(stopped ? "halted" : "fault");
    if (!heard.sentences.length) turn.replaceChildren();
    const part = make("div", turn, "", heard.sentences.length ? "part" : "stack");
    make("p", part, heard.sentences.length ? `${message}ここまでの文は出典を確かめたものですが、回答の途中です。` : message);
    press(part, "もう一度送る", () => {
      if (this.running) return;
      turn.previousElementSibling.remove();
      turn.remove();
      this.box.focus();
      this.ask(question);
    }, "again");
    if (!this.box.value.trim()) this.box.value = question;
    if (!stopped) this.complain(message);
    this.tell(stopped ? "止めました。" : "");
  },

  complain(message) {
    this.fault.textContent = message;
    this.box.setAttribute("aria-invalid", String(Boolean(message)));
  },

  // The box stays open for the next question; the button becomes the one that stops.
  busy(on, typed) {
    if (on && this.box.value === typed) this.box.value = "";
    const focused = this.shadowRoot.activeElement;
    this.button.hidden = on;
    this.stop.hidden = !on;
    if ([this.button, this.stop].includes(focused)) (on ? this.stop : this.box).focus({ preventScroll: true });
  },
});
