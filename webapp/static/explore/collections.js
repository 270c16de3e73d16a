// The window of collections: choose, add by picker or drop, rename, delete; what was left out and why.
import { button, dialog, line } from "./dialog.js";
import { element } from "./dom.js";
import { dropped, send } from "./send.js";

export class Collections {
  // on: {open(name), shown: () => name of the open one, copies()}.
  constructor(box, own, say, on) {
    Object.assign(this, { box, own, say, on });
  }

  async show(files) {
    const { say } = this;
    this.list = element("ul", { className: "lx-list" });
    this.state = element("div", { className: "lx-state", role: "status" });
    const picker = element("input", { type: "file", multiple: true, hidden: true, accept: "image/*,.zip,.csv,.parquet", onchange: () => this.add([...picker.files].map((file) => ({ name: file.name, file }))) });
    const zone = element("div", { className: "lx-zone" },
      element("p", { textContent: say("Drop pictures, a folder or a ZIP archive here.") }),
      button(say("Choose files"), () => picker.click(), "lx-plain lx-main"), picker,
      element("p", { className: "lx-muted", textContent: say("A picture may have 20 MB, an archive 500 MB, all together 1 GB. Captions come from captions.csv (columns file and caption) or from the files' names.") }));
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      event.stopPropagation();
      zone.classList.add("over");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      zone.classList.remove("over");
      this.add(await dropped(event.dataTransfer));
    });
    const hub = element("div", { className: "lx-hub" },
      element("p", { className: "lx-muted", textContent: say("Or a dataset of the model hub with pictures, like owner/name; at most 1 GB and 20,000 pictures of it are fetched.") }),
      line(say("owner/name"), say("Fetch"), (source) => this.fetch(source), "", 100));
    const all = button(say("Delete my data"), () => this.sure(all, () => this.own.post("delete-all").then(() => this.gone())), "lx-plain lx-danger");
    this.window = dialog(this.box, say("Collections"), say("Close"), this.list, zone, hub, this.state, element("div", { className: "lx-end" }, all));
    this.window.addEventListener("close", () => (this.stopped = true));
    await this.fill();
    if (files?.length) this.add(files);
  }

  async fill() {
    const { collections } = await this.tried(() => this.own.get("collections")) ?? { collections: [] };
    this.list.replaceChildren(...collections.map((shown) => this.item(shown)));
  }

  item({ name, title, count, own }) {
    const { say } = this;
    const open = element("button", { type: "button", className: "lx-open", "aria-current": String(name === this.on.shown()), onclick: () => this.open(name) },
      element("b", { textContent: say(title) }), element("span", { className: "lx-muted", textContent: say("{count} pictures", { count: count.toLocaleString() }) }));
    const item = element("li", {}, open);
    if (own) {
      const rename = button(say("Rename"), () => item.replaceChildren(line(say("Name"), say("Rename"), async (called) => {
        await this.tried(() => this.own.post(`rename/${encodeURIComponent(name)}`, "", { title: called }));
        await this.fill();
      }, title)));
      const remove = button(say("Delete"), () => this.sure(remove, async () => {
        await this.own.post(`delete/${encodeURIComponent(name)}`);
        await (name === this.on.shown() ? this.gone() : this.fill());
      }), "lx-plain lx-danger");
      item.append(rename, remove);
    }
    return item;
  }

  // The first click asks, the second does it.
  sure(pressed, action) {
    if (pressed.dataset.sure) return this.tried(action);
    pressed.dataset.sure = "yes";
    pressed.textContent = this.say("Delete for good?");
  }

  open(name) {
    this.window.close();
    this.on.open(name);
  }

  gone() {
    this.window.close();
    this.on.open(null);
  }

  // -- adding -----------------------------------------------------------------------------------------------------
  async add(files) {
    if (!files.length || this.busy) return;
    const { say } = this;
    Object.assign(this, { busy: true, stopped: false });
    const bar = element("progress", { max: 1, value: 0, "aria-label": say("Sending the files") });
    const told = element("span", { className: "lx-muted lx-numbers" });
    let name;
    const stop = button(say("Cancel"), () => {
      this.stopped = true;
      if (name) this.own.post(`stop/${name}`).catch(() => {}); // it may have ended meanwhile
    });
    this.state.replaceChildren(element("div", { className: "lx-line" }, bar, stop), told);
    const progress = (text, done, total) => {
      bar.value = total ? done / total : 0;
      told.textContent = text;
    };
    const done = await this.tried(async () => {
      name = (await this.own.post("begin")).upload;
      const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
      const sent = await send(files, name, (path, body) => this.own.post(path, body),
        (now, total) => progress(say("Sending the files: {done} of {total} MB", { done: megabytes(now), total: megabytes(total) }), now, total), () => this.stopped);
      if (!sent) return null;
      const first = files[0].name.split("/")[0].replace(/\.\w+$/, "").slice(0, 60) || say("My pictures");
      for (;;) {
        const answer = await this.own.post(`collect/${name}`, "", { title: files.length > 1 && !files[0].name.includes("/") ? say("My pictures") : first });
        if (!answer.working) return answer;
        const { done: now, total } = answer.working;
        progress(say("Reading the pictures: {done} of {total}", { done: now, total }), now, total);
      }
    });
    this.busy = false;
    if (done) this.report(done);
    else if (this.stopped) this.state.textContent = say("Cancelled. Nothing was kept.");
  }

  // Fetched and read by the server, which is asked how far it is until it ends.
  async fetch(source) {
    if (this.busy) return;
    const { say } = this;
    Object.assign(this, { busy: true, stopped: false });
    const bar = element("progress", { max: 1, value: 0, "aria-label": say("Fetching the dataset") });
    const stop = button(say("Cancel"), () => (this.stopped = true));
    this.state.replaceChildren(element("div", { className: "lx-line" }, bar, stop));
    const done = await this.tried(async () => {
      for (;;) {
        const answer = await this.own.post("dataset", "", this.stopped ? { source, stop: 1 } : { source });
        if (!answer.working) return answer;
        const { done: now, total } = answer.working;
        if (total) bar.value = now / total;
      }
    });
    this.busy = false;
    if (done) this.report(done);
  }

  report({ library, count, rejected, copies }) {
    const { say } = this;
    const lines = [element("p", {}, element("b", { textContent: say("{count} pictures were taken.", { count }) }))];
    if (copies) lines.push(element("p", { textContent: say("{count} of them are near copies of others; they are marked.", { count: copies }) }));
    if (rejected.length) {
      lines.push(element("p", { textContent: say("{count} files were left out:", { count: rejected.length }) }));
      lines.push(element("ul", { className: "lx-rejected", tabIndex: 0 }, ...rejected.map(({ file, reason }) => element("li", {}, element("b", { textContent: file }), ` ${reason}`))));
    }
    this.state.replaceChildren(...lines, button(say("Show them on the map"), () => this.open(library), "lx-plain lx-main lx-show"));
    this.fill();
    if (!rejected.length && !copies) this.open(library);
  }

  async tried(action) {
    try {
      return await action();
    } catch (error) {
      this.state.textContent = error.message;
      return null;
    }
  }
}
