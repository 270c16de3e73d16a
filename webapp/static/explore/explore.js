// The Explore tab: the map of a collection's pictures and captions beside the nearest pictures to the page's input.
import { element } from "./dom.js";
import { Controls } from "./controls.js";
import { dialog, line } from "./dialog.js";
import { Hover } from "./hover.js";
import { Collections } from "./collections.js";
import { Marks } from "./marks.js";
import { Own, pause } from "./own.js";
import { LOOKS, Results } from "./results.js";
import { Rows } from "./rows.js";
import { Scatter } from "./scatter.js";
import { dropped } from "./send.js";
import { skeleton } from "./skeleton.js";

const HOW = {
  copies: "Pictures two by two with a cosine of 0.97 or more, the nearest first",
  outliers: "Mean cosine to the ten nearest pictures, the lowest first",
  mismatches: "Cosine of picture and caption with both means taken out, the lowest first",
};

// root: where the component stands. settings: {base, library, checkpoint, strip: [sentence, picture, language]}.
// server: Python's answers by name. trigger(name, data): an event for Python.
export async function mount(root, settings, server, trigger) {
  settings.home = settings.library;
  settings.library = new URLSearchParams(location.search).get("Explore.library") ?? settings.library;
  const explore = new Explore(root, settings, server, trigger);
  window.addEventListener("loupe-strip", (event) => explore.strip(...event.detail));
  const asked = new URLSearchParams(location.search);
  const [sentence, picture, language] = window.loupeStrip ?? settings.strip;
  await explore.open(asked.get("text") ?? sentence, asked.get("image") ?? picture, asked.get("lang") ?? language);
}

class Explore {
  constructor(root, settings, server, trigger) {
    Object.assign(this, { settings, server, trigger, mode: "text", words: {}, leanings: {}, asked: 0, home: settings.home });
    this.own = new Own(settings.base, () => this.language);
    this.box = element("div", { className: "lx verbatim" });
    root.replaceChildren(element("link", { rel: "stylesheet", href: `${settings.base}/loupe/static/explore/explore.css` }), this.box);
    this.say = (text, values = {}) =>
      (this.words[text] ?? text).replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);
  }

  // Empty cards for the collection that is to be opened.
  build() {
    this.ended?.abort();
    this.ended = new AbortController();
    this.scatter?.destroy();
    Object.assign(this, { opened: null, scatter: null, controls: null, last: null, rows: null, marks: null, leanings: {}, failed: "" });
    this.box.innerHTML = skeleton;
    this.note = this.box.querySelector(".lx-note");
    const collections = new Collections(this.box, this.own, this.say, {
      shown: () => this.settings.library,
      open: (name) => this.change(name ?? this.home),
    });
    const opener = this.box.querySelector(".lx-collections");
    opener.textContent = this.say("Collections");
    opener.onclick = () => collections.show();
    const card = this.box.querySelector(".lx-map");
    card.addEventListener("dragover", (event) => event.preventDefault());
    card.addEventListener("drop", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      collections.show(await dropped(event.dataTransfer));
    });
    this.results = new Results(this.box.querySelector(".lx-results"), {
      similar: (row) => this.similar(row),
      use: (row) => this.use(row),
      hover: (row) => this.scatter?.point(row),
      lean: (leanings) => this.search({ leanings }),
      mode: (mode) => this.search({ mode }),
      look: (what) => this.look(what),
      edit: (row) => this.edit(row),
    });
  }

  async open(sentence, picture, language) {
    Object.assign(this, { sentence, picture, language });
    this.words = (await this.server.wording({ language })) ?? {};
    this.build();
    const { library } = this.settings;
    const opened = await this.opening(library);
    if (!opened) return;
    this.opened = opened;
    this.words = opened.words;
    this.rows = new Rows(this.settings.base, library, opened);
    this.rows.language = language;
    const searching = this.search({});
    await this.rows.load();
    this.draw();
    this.translate();
    this.note.textContent = this.failed;
    await this.mine();
    await searching;
  }

  // Asked again until the collection is open; what was embedded before it was stopped is kept.
  opening(library) {
    this.note.replaceChildren(this.say("Opening the collection…"));
    return this.patiently("opening", library, true);
  }

  async patiently(name, library, stops) {
    const told = element("p");
    const bar = element("progress", { max: 1 });
    const stop = element("button", { type: "button", className: "lx-plain", textContent: this.say("Cancel"), onclick: () => this.ask("stopping", {}) });
    for (;;) {
      const answer = await this.ask(name, { wait: 1 });
      if (library !== this.settings.library) return null;
      if (!answer?.working) return answer;
      const { stage, done, total } = answer.working;
      told.textContent = total > 1 ? `${stage}: ${done.toLocaleString(this.language)} / ${total.toLocaleString(this.language)}` : stage;
      if (total > 1) bar.value = done / total;
      else bar.removeAttribute("value");
      if (!bar.isConnected) this.note.replaceChildren(element("div", { className: "lx-working" }, told, bar, ...(stops ? [stop] : [])));
      await pause(100);
    }
  }

  async tsne() {
    const made = await this.patiently("layout", this.settings.library, false);
    if (!made || !this.rows) return false;
    await this.rows.add("tsne", made.points);
    this.opened.faithfulness.tsne = made.faithfulness;
    this.note.textContent = "";
    this.search({});
    return true;
  }

  async change(library) {
    this.settings.library = library;
    this.tell({});
    await this.open(this.sentence, this.picture, this.language);
  }

  // Tags, views and what the address says of the view.
  async mine() {
    if (!this.controls) return;
    const { own, rows, say, settings, controls } = this;
    this.marks = new Marks(this.box, own, rows, say, settings.checkpoint, {
      selection: () => controls.points,
      settings: () => controls.settings(),
      restore: (view) => {
        controls.restore(view);
        this.tell(controls.settings());
      },
      tagged: () => controls.columns(),
    });
    this.box.querySelector(".lx-tags").onclick = () => this.marks.showTags();
    this.box.querySelector(".lx-views").onclick = () => this.marks.showViews();
    this.box.querySelector(".lx-export").onclick = () => this.marks.showExports();
    try {
      const { collections } = await own.get("collections");
      this.results.editable = collections.some(({ name, own: mine }) => mine && name === settings.library);
      await this.marks.load();
    } catch (error) {
      this.results.under.textContent = error.message;
    }
    const asked = new URLSearchParams(location.search);
    const view = Object.fromEntries(["layout", "colour", "gap"].map((name) => [name, asked.get(`Explore.${name}`)]));
    if (Object.values(view).some(Boolean)) controls.restore({ ...controls.settings(), ...Object.fromEntries(Object.entries(view).filter(([, value]) => value)) });
  }

  // The collection and the view stand in the page's address.
  tell({ layout = "umap", colour = "group", gap = "0" }) {
    const starts = { "Explore.library": this.home, "Explore.layout": "umap", "Explore.colour": "group", "Explore.gap": "0" };
    window.dispatchEvent(new CustomEvent("loupe-settings", { detail: [starts, [this.settings.library, layout, colour, gap]] }));
  }

  draw() {
    const stage = this.box.querySelector(".lx-stage");
    this.hover = new Hover(stage, this.rows, (...said) => this.say(...said), {
      similar: (row) => this.similar(row),
      use: (row) => this.use(row),
    });
    try {
      this.scatter = new Scatter(stage, this.rows, (row) => this.rows.thumbnail(row), {
        hover: (point, place, clearance) => this.hover.show(point, place, clearance),
        click: (point) => this.choose(point),
        lasso: (points, polygon) => this.controls.selected(points, polygon),
        clear: () => this.controls.selected([]),
      });
    } catch (error) {
      console.warn(error);
      this.failed = this.say("The map could not be drawn: this browser has no WebGL. Search works without it.");
      return;
    }
    this.controls = new Controls(this.box, this.scatter, this.rows, this.opened, (...said) => this.say(...said), {
      gallery: (points) => this.gallery(points),
      fetch: () => this.tsne(),
      changed: () => this.tell(this.controls.settings()),
    }, this.ended.signal);
    this.controls.start();
    this.mark();
  }

  // -- the strip --------------------------------------------------------------------------------------------------
  async strip(sentence, picture, language) {
    const before = [this.sentence, this.picture, this.language];
    Object.assign(this, { sentence, picture, language });
    if (!this.opened) return;
    if (language !== before[2]) {
      const words = await this.ask("wording", {});
      if (words) this.words = words;
      this.rows.language = language;
      this.translate();
    }
    if (picture !== before[1]) await this.search({ mode: "image" });
    else if (sentence !== before[0]) await this.search({ mode: "text" });
    else if (language !== before[2]) await this.search({});
  }

  translate() {
    this.results.translate(this.say);
    this.results.marked(this.mode);
    this.controls?.translate();
    const counts = { pictures: this.rows.count.toLocaleString(this.language), captions: (this.rows.total - this.rows.count).toLocaleString(this.language) };
    this.box.querySelector(".lx-map h2").textContent = this.say(this.opened.title);
    this.box.querySelector(".lx-counts").textContent = this.say("{pictures} pictures · {captions} captions", counts);
    if (this.last) this.show(this.last);
  }

  // -- search -----------------------------------------------------------------------------------------------------
  async search({ mode = this.mode, leanings = this.leanings }) {
    Object.assign(this, { mode, leanings });
    if (mode === "image" && !this.picture) this.mode = "text";
    this.results.marked(this.mode);
    const [sentence, picture] = [this.sentence.trim(), this.picture];
    const wanted = this.mode === "image" ? { image: picture } : { text: sentence };
    if (this.mode === "text" && !sentence) return;
    const found = await this.nearest(wanted);
    if (!found) return;
    const query = this.mode === "image" ? { label: this.say("the picture above"), image: picture } : { label: `“${sentence}”` };
    this.show({ ...found, query, kind: this.mode });
  }

  async similar(point) {
    const found = await this.nearest({ point });
    if (!found) return;
    const row = point % this.rows.count;
    const kind = point < this.rows.count ? "row" : "caption";
    this.show({ ...found, kind, row });
    const pair = await this.ask("pair", { row });
    if (pair && this.last.row === row) this.show({ ...this.last, pair });
  }

  // The answer to the latest question only: a slower answer to an earlier one is dropped.
  async nearest(wanted) {
    const asked = ++this.asked;
    this.results.card.classList.add("waiting");
    const { more, less } = this.leanings;
    const found = await this.ask("search", { ...wanted, more, less });
    return asked === this.asked ? found : null;
  }

  show(last) {
    this.last = last;
    if (!this.rows?.words) return;
    const { say } = this;
    const title = {
      text: () => say("Nearest to “{query}”", { query: last.query.label.slice(1, -1) }),
      image: () => say("Nearest to the picture above"),
      row: () => say("Nearest to this picture"),
      caption: () => say("Nearest to this caption: “{query}”", { query: this.rows.caption(last.row) }),
      selection: () => say("Selection"),
      look: () => say(LOOKS[last.what]),
    }[last.kind]();
    const under = last.under ?? say("cosine similarity, {model} · {time} ms over {count}", {
      model: this.opened.model, time: last.search_ms.toFixed(1), count: last.count.toLocaleString(this.language),
    });
    const extra = last.pair
      ? `${this.rows.caption(last.row)}: ${say("its caption is number {caption} of {count}, the caption finds it as number {image}", {
        caption: last.pair.caption_rank, image: last.pair.image_rank, count: last.pair.count.toLocaleString(this.language),
      })}`
      : "";
    this.results.show({ title, under, extra, chosen: last.kind === "row" ? last.row : undefined, hits: last.rows, scores: last.scores }, this.rows);
    this.mark();
  }

  // The query and its hits on the map.
  mark() {
    if (!this.scatter || !this.last) return;
    const { kind, places, row, query, rows } = this.last;
    const label = query?.label ?? (row === undefined ? "" : this.rows.caption(row));
    this.scatter.overlay.hits = kind === "selection" || kind === "look" ? [] : rows.slice(0, 9);
    this.scatter.overlay.queries = places ? [{ label, places }] : [];
    this.scatter.overlay.settle();
  }

  // -- points -----------------------------------------------------------------------------------------------------
  choose(point) {
    this.hover.keep(point, this.scatter.screen(point));
    this.similar(point);
  }

  use(row) {
    this.trigger("use", { reference: `library:${this.settings.library}/${this.rows.id(row)}` });
  }

  // The captions' vectors and the map are made anew, so the collection is opened once more.
  edit(row) {
    const { say, own, rows, settings } = this;
    const told = element("p", { className: "lx-muted", role: "status" });
    const form = line(say("Caption"), say("Save"), async (caption) => {
      try {
        await own.json(`caption/${encodeURIComponent(settings.library)}`, { id: rows.id(row), caption });
      } catch (error) {
        told.textContent = error.message;
        return;
      }
      made.close();
      await this.change(settings.library);
      await this.similar(row);
    }, rows.caption(row), 500);
    const made = dialog(this.box, say("Edit the caption"), say("Close"), form, told);
  }

  // Near copies, outliers, or pairs that do not match.
  async look(what) {
    const asked = ++this.asked;
    this.results.card.classList.add("waiting");
    const found = await this.ask("finding", { what });
    if (!found || asked !== this.asked) return;
    const under = this.say(found.rows.length ? HOW[what] : "None was found.");
    this.show({ ...found, kind: "look", what, under });
    this.results.card.classList.remove("waiting");
  }

  gallery(points) {
    const pictures = [...new Set(points.map((point) => point % this.rows.count))];
    const under = this.say("{pictures} pictures and {captions} captions selected", {
      pictures: points.filter((point) => point < this.rows.count).length.toLocaleString(this.language),
      captions: points.filter((point) => point >= this.rows.count).length.toLocaleString(this.language),
    });
    this.show({ kind: "selection", rows: pictures.slice(0, 300), under });
  }

  // -- Python -----------------------------------------------------------------------------------------------------
  async ask(name, request) {
    const { library, checkpoint } = this.settings;
    const answer = (await this.server[name]({ library, checkpoint, language: this.language, ...request })) ?? {
      error: this.say("This did not work. Load the page once more; if it happens again, the log of the server says why."),
    };
    if (!answer.error) return answer;
    this.results.card.classList.remove("waiting");
    if (this.opened) this.results.under.textContent = answer.error;
    else this.note.textContent = answer.error;
    return null;
  }
}
