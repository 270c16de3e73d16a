// Tags on pictures and saved views of a collection, and the files it can be exported as.
import { button, dialog, line } from "./dialog.js";
import { element } from "./dom.js";
import { saveFile, saveTable } from "./table.js";

export class Marks {
  // on: {selection() -> points, settings() -> the view, restore(settings), tagged()}.
  constructor(box, own, rows, say, checkpoint, on) {
    Object.assign(this, { box, own, rows, say, checkpoint, on, tags: {}, views: {} });
    this.name = encodeURIComponent(rows.library);
  }

  async load() {
    this.take(await this.own.get(`marks/${this.name}`));
  }

  // Tags are a column to colour by; of several tags on a picture the first gives its colour.
  take({ tags, views }) {
    Object.assign(this, { tags, views });
    const words = Object.keys(tags).sort();
    delete this.rows.columns.tag;
    if (!words.length) return this.on.tagged();
    const codes = new Int16Array(this.rows.count);
    const row = new Map(this.rows.words.id.map((id, at) => [id, at]));
    words.forEach((word, code) => tags[word].forEach((id) => {
      if (row.has(id) && !codes[row.get(id)]) codes[row.get(id)] = code + 1;
    }));
    this.rows.columns.tag = { codes, names: ["—", ...words] };
    this.on.tagged();
  }

  selected() {
    return [...new Set((this.on.selection() ?? []).map((point) => point % this.rows.count))].sort((a, b) => a - b);
  }

  showTags() {
    const { say } = this;
    const rows = this.selected();
    const ids = rows.map((row) => this.rows.id(row));
    const send = (tag, add) => this.tried(async () => {
      this.take(await this.own.json(`tag/${this.name}`, { tag, ids, add }));
      this.window.close();
    });
    const chips = Object.entries(this.tags).map(([word, tagged]) => element("span", { className: "lx-tag" },
      button(`${word} · ${tagged.length}`, () => send(word, true)), button("−", () => send(word, false))));
    this.open(say("Tag {count} pictures", { count: rows.length }), line(say("A tag"), say("Tag"), (word) => send(word, true)), element("div", { className: "lx-chips" }, ...chips));
  }

  showViews() {
    const { say } = this;
    const save = (title, settings) => this.tried(async () => {
      this.take(await this.own.json(`view/${this.name}`, { title, settings }));
      this.window.close();
      this.showViews();
    });
    const items = Object.entries(this.views).map(([title, settings]) => element("li", {},
      element("button", { type: "button", className: "lx-open", onclick: () => {
        this.window.close();
        this.on.restore(settings);
      } }, element("b", { textContent: title })), button(say("Delete"), () => save(title, null), "lx-plain lx-danger")));
    this.open(say("Views"), element("ul", { className: "lx-list" }, ...items), line(say("A name for this view"), say("Save"), (title) => save(title, this.on.settings())));
  }

  showExports() {
    const { say } = this;
    const rows = this.selected();
    const chosen = rows.length ? say("{count} selected", { count: rows.length }) : say("All {count} pictures", { count: this.rows.count });
    const part = rows.length ? "-selection" : "";
    const fetched = (kind) => this.tried(async () => {
      const blob = await this.own.file(`export/${this.name}`, { kind, rows: rows.length ? rows : null, checkpoint: this.checkpoint });
      saveFile(blob, `${this.rows.library}${part}.${kind}`);
      this.window.close();
    });
    this.open(say("Export"), element("p", { className: "lx-muted", textContent: chosen }), element("div", { className: "lx-line" },
      button("CSV", () => {
        saveTable(this.rows, rows.length ? rows : null, this.tags);
        this.window.close();
      }),
      button("Parquet", () => fetched("parquet")), button(say("A page that works offline"), () => fetched("html"))));
  }

  open(title, ...content) {
    this.state = element("p", { className: "lx-state", role: "status" });
    this.window = dialog(this.box, title, this.say("Close"), ...content, this.state);
  }

  async tried(action) {
    try {
      await action();
    } catch (error) {
      this.state.textContent = error.message;
    }
  }
}
