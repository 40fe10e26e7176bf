// Talking with the server: a question as a stream of events, and small requests. No cookies are sent.

const SILENCE_MS = 60_000; // a stream that says nothing for so long has been lost

class Refused extends Error {
  constructor(status, message) {
    super(message || `サーバーが答えられませんでした（${status}）。少し待ってもう一度お試しください。`);
    this.status = status;
  }
}

class Server {
  constructor(base, memory) {
    this.base = base;
    this.memory = memory;
  }

  async send(method, path, body, options = {}) {
    const response = await fetch(new URL(path, this.base), {
      method,
      credentials: "omit",
      headers: { ...(body && { "Content-Type": "application/json" }), ...options.headers },
      body: body && JSON.stringify(body),
      signal: options.signal,
    });
    if (response.ok) return response;
    const told = await response.json().catch(() => ({}));
    throw new Refused(response.status, typeof told.message === "string" ? told.message : "");
  }

  async json(method, path, body, options) {
    const response = await this.send(method, path, body, options);
    return response.status === 204 ? null : response.json();
  }

  // The events of the answer. A conversation that the server has forgotten is begun anew, and the question sent again.
  async *ask(question, signal) {
    const { response, renewed } = await this.begin(question, signal);
    if (renewed) yield ["renewed", true];
    for await (const [name, data] of events(response, signal)) {
      if (name === "error") throw new Refused(200, data.message);
      yield [name, data];
      if (name === "done") return;
    }
    throw new TypeError("the stream ended early");
  }

  async begin(question, signal) {
    const options = { signal, headers: { Accept: "text/event-stream" } };
    const conversation = this.memory.get("conversation") || (await this.converse(signal));
    try {
      return { response: await this.send("POST", "/api/chat", this.asked(question, conversation), options) };
    } catch (error) {
      if (!conversation || error.status !== 404) throw error;
      this.memory.set("conversation", "");
      const again = this.asked(question, await this.converse(signal));
      return { response: await this.send("POST", "/api/chat", again, options), renewed: true };
    }
  }

  asked(question, conversation) {
    const municipality = this.memory.get("municipality");
    return { question, ...(conversation && { conversation }), ...(municipality && { municipality }) };
  }

  // A new conversation, or none where there are no conversations: the question is answered all the same.
  async converse(signal) {
    try {
      const { id, expires_at: expires } = await this.json("POST", "/api/conversations", undefined, { signal });
      this.memory.set("conversation", id);
      this.memory.set("expires", expires ?? "");
      return id;
    } catch (error) {
      if (error instanceof Refused) return "";
      throw error;
    }
  }

  async forget() {
    const conversation = this.memory.get("conversation");
    this.memory.clear();
    if (!conversation) return;
    try {
      await this.send("DELETE", `/api/conversations/${encodeURIComponent(conversation)}`);
    } catch (error) {
      if (error.status !== 404) throw error; // it had ended already
    }
  }
}

async function* events(response, signal) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await within(reader.read(), SILENCE_MS);
      if (done || signal.aborted) return;
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        const name = /^event: ?(.*)$/m.exec(block);
        const data = /^data: ?(.*)$/m.exec(block);
        if (name && data) yield [name[1].trim(), JSON.parse(data[1])];
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function within(promise, milliseconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new TypeError("silence")), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// What happened, in words for whoever asked.
function explain(error, begun) {
  if (error instanceof Refused) return error.message;
  if (begun) return "回答の途中で通信が切れました。「もう一度送る」を押すと、同じ質問を送ります。";
  return "サーバーにつながりません。通信を確かめて、「もう一度送る」を押してください。質問は消えていません。";
}
