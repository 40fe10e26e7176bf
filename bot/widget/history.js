// What this browser remembers: the turns, the conversation, the municipality. Where it may not, the page remembers.

const KEPT_TURNS = 20;

class Memory {
  constructor(name) {
    this.name = `handson-navi:${name}`;
    this.kept = { turns: [], conversation: "", municipality: "", expires: "" };
    try {
      const read = JSON.parse(localStorage.getItem(this.name) ?? "{}");
      if (Array.isArray(read.turns)) this.kept = { ...this.kept, ...read };
    } catch {
      // private windows and broken entries: begin anew
    }
  }

  get(field) {
    return this.kept[field];
  }

  set(field, value) {
    this.kept[field] = value;
    this.write();
  }

  add(question, answer) {
    this.kept.turns = [...this.kept.turns, { question, answer }].slice(-KEPT_TURNS);
    this.write();
  }

  clear() {
    this.kept = { ...this.kept, turns: [], conversation: "", expires: "" };
    this.write();
  }

  write() {
    try {
      localStorage.setItem(this.name, JSON.stringify(this.kept));
    } catch {
      // full or forbidden: it is kept until the page is left
    }
  }
}
