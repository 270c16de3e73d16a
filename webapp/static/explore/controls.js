// What stands round the map: layout, colours and their legend, the gap's slider, the tools, the selection.
import { categoryColours, viridis } from "./colours.js";
import { element, segments } from "./dom.js";

const NUMBERS = 64;
const FIRST = ["group", "source", "cluster"];
const LEGEND = 9;
const LAYOUTS = ["umap", "tsne", "pca", "3d"];

export class Controls {
  // on: {gallery(points), changed(), fetch() -> whether t-SNE is there}. ended: an AbortSignal, after which nothing on the page is listened to.
  constructor(box, scatter, rows, opened, say, on, ended) {
    Object.assign(this, { box, scatter, rows, opened, say, on, hidden: new Set(), layout: "umap", more: false });
    this.find = (name) => box.querySelector(name);
    this.colour = FIRST.find((name) => rows.columns[name]) ?? Object.keys(rows.columns)[0];
    this.slider = this.find(".lx-gap input");
    this.slider.addEventListener("input", () => this.gap());
    this.slider.addEventListener("change", () => on.changed());
    this.find(".lx-tools").addEventListener("click", (event) => this.tool(event.target.closest("button")));
    this.find(".lx-clear").addEventListener("click", () => this.scatter.plot.deselect());
    window.addEventListener("loupe-theme", () => this.theme(), { signal: ended });
  }

  start() {
    if (this.rows.total === this.rows.count) this.find(".lx-gap").hidden = true;
    this.theme();
    this.recolour();
  }

  translate() {
    const { say, rows } = this;
    segments(this.find(".lx-layout"), LAYOUTS, this.layout, (name) => ({ umap: "UMAP", tsne: "t-SNE", pca: "PCA", "3d": "3-D" })[name], (name) => this.arrange(name));
    const names = Object.keys(rows.columns);
    const choose = (name) => {
      this.colour = name;
      this.hidden.clear();
      this.recolour();
      this.on.changed();
    };
    segments(this.find(".lx-colour"), FIRST.filter((name) => names.includes(name)), this.colour, say, choose);
    const rest = names.filter((name) => !FIRST.includes(name));
    if (rest.length) {
      const options = [element("option", { value: "", textContent: "…" }), ...rest.map((name) => element("option", { value: name, textContent: say(name), selected: name === this.colour }))];
      const picker = element("select", { "aria-label": say("Colour by"), onchange: () => picker.value && choose(picker.value) }, ...options);
      this.find(".lx-colour").append(picker);
    }
    this.find(".lx-layout").setAttribute("aria-label", say("Layout"));
    this.find(".lx-colour").setAttribute("aria-label", say("Colour by"));
    this.scatter.canvas.setAttribute("aria-label", say("Map of pictures and captions"));
    for (const [act, text] of [["lasso", "Lasso: draw round points"], ["in", "Zoom in"], ["out", "Zoom out"], ["all", "Show all"]]) {
      const button = this.find(`[data-act="${act}"]`);
      button.title = say(text);
      button.setAttribute("aria-label", say(text));
    }
    this.find(".lx-clear").textContent = say("Clear");
    this.find(".lx-export").textContent = say("Export");
    this.find(".lx-export").title = say("The selected rows, or all");
    this.find(".lx-tags").textContent = say("Tag");
    this.find(".lx-views").textContent = say("Views");
    this.find(".lx-gap-end").textContent = say("closed");
    this.legend();
    this.numbers();
    this.selected(this.points ?? []);
  }

  theme() {
    const style = getComputedStyle(this.box);
    this.scatter.setTheme({ ground: style.getPropertyValue("--loupe-card").trim(), accent: style.getPropertyValue("--loupe-accent").trim() });
  }

  // -- colours ----------------------------------------------------------------------------------------------------
  recolour() {
    const column = this.rows.columns[this.colour];
    this.palette = column.names ? categoryColours(Math.max(column.names.length, 2)) : viridis(NUMBERS);
    const { count, total } = this.rows;
    this.scatter.setColours(Float32Array.from({ length: total }, (_, point) => column.codes[point % count]), this.palette);
    this.scatter.overlay.labels = this.colour === "cluster" ? this.clusterLabels() : [];
    this.filter();
    this.legend();
  }

  legend() {
    const { rows, say } = this;
    const column = rows.columns[this.colour];
    const legend = this.find(".lx-legend");
    if (!column.names) {
      const bar = element("span", { className: "lx-muted lx-numbers", textContent: `${column.low.toPrecision(3)} – ${column.high.toPrecision(3)}` });
      legend.replaceChildren(element("i", { style: `width:120px;border-radius:4px;background:linear-gradient(to right,${viridis(9).join()})` }), bar);
      return;
    }
    const shown = this.more ? column.names.length : LEGEND;
    const items = column.names.slice(0, shown).map((_, code) => this.item(say(rows.name(this.colour, code)), code, this.palette[code]));
    const rest = column.names.length - LEGEND;
    if (rest > 0) items.push(element("button", {
      type: "button", textContent: this.more ? say("fewer") : say("and {count} more", { count: rest }), onclick: () => {
        this.more = !this.more;
        this.legend();
      },
    }));
    for (const [kind, name] of [["image", "Picture"], ["text", "Caption"]])
      if (rows.total > rows.count) items.push(this.item(say(name), kind, "var(--loupe-muted)", kind === "text" ? "caption" : ""));
    legend.replaceChildren(...items);
  }

  // An item of the legend takes its points away and brings them back; with Alt it leaves only its own.
  item(name, code, colour, mark = "") {
    const dot = element("i", { className: mark });
    dot.style.background = colour;
    return element("button", {
      type: "button", "aria-pressed": String(!this.hidden.has(code)), onclick: (event) => {
        if (event.altKey && typeof code === "number") {
          this.hidden = new Set(this.rows.columns[this.colour].names.keys());
          this.hidden.delete(code);
        } else if (!this.hidden.delete(code)) this.hidden.add(code);
        this.filter();
        this.legend();
      },
    }, dot, name);
  }

  filter() {
    const { count, total } = this.rows;
    const { codes } = this.rows.columns[this.colour];
    const kept = (point) => !this.hidden.has(codes[point % count]) && !this.hidden.has(point < count ? "image" : "text");
    this.scatter.setVisible(Uint8Array.from({ length: total }, (_, point) => +kept(point)));
  }

  clusterLabels() {
    const rows = this.rows.columns.cluster.names.map(() => []);
    this.rows.columns.cluster.codes.forEach((code, row) => rows[code].push(row));
    return rows.map((members, code) => ({ rows: members, text: () => this.rows.name("cluster", code) })).filter((label) => label.rows.length);
  }

  // t-SNE is computed when it is first asked for.
  async arrange(name) {
    this.layout = name;
    if (name === "tsne" && !this.rows.layouts.tsne && !(await this.on.fetch())) {
      this.layout = this.scatter.method;
      return this.translate();
    }
    if (this.layout !== name) return;
    this.scatter.setMethod(name);
    this.numbers();
    this.on.changed();
  }

  // -- the view ---------------------------------------------------------------------------------------------------
  settings() {
    return { layout: this.layout, colour: this.colour, gap: this.slider.value, hidden: [...this.hidden] };
  }

  restore({ layout, colour, gap, hidden }) {
    if (LAYOUTS.includes(layout) && (layout !== "tsne" || this.rows.layouts.tsne)) this.layout = layout;
    if (this.rows.columns[colour]) this.colour = colour;
    this.hidden = new Set(hidden ?? []);
    if (gap !== undefined && gap !== null) this.slider.value = gap;
    this.scatter.amount = this.slider.value / 10;
    this.scatter.setMethod(this.layout);
    this.recolour();
    this.translate();
    if (layout === "tsne" && this.layout !== layout) this.arrange(layout).then(() => this.translate());
  }

  // The columns are others than before.
  columns() {
    if (!this.rows.columns[this.colour]) this.colour = FIRST.find((name) => this.rows.columns[name]);
    this.recolour();
    this.translate();
  }

  // -- the gap ----------------------------------------------------------------------------------------------------
  gap() {
    this.scatter.setAmount(this.slider.value / 10);
    this.numbers();
  }

  numbers() {
    const { say, opened } = this;
    const amount = this.slider.value / 10;
    const step = Math.round(amount * (opened.gap.amounts.length - 1)); // the nearest amount that was measured
    const gap = opened.gap.distance[step].toFixed(2);
    this.find(".lx-gap-name").textContent = say("Modality gap {gap}", { gap });
    this.scatter.overlay.gapText = say("gap {gap}", { gap });
    const [one, five, ten] = opened.gap.recall[step].map((share) => share.toFixed(2));
    this.find(".lx-recall").textContent = say("R@1 {one} · R@5 {five} · R@10 {ten}", { one, five, ten });
    const measured = opened.faithfulness[this.layout === "3d" ? "pca" : this.layout]?.[amount];
    this.find(".lx-quality").textContent = measured
      ? say("trustworthiness {trust} · neighbours kept {recall}", { trust: measured[0].toFixed(2), recall: measured[1].toFixed(2) })
      : say("moving between two maps");
    this.scatter.overlay.draw();
  }

  // -- tools and selection ----------------------------------------------------------------------------------------
  tool(button) {
    const act = button?.dataset.act;
    if (act === "in") this.scatter.zoom(1.5);
    if (act === "out") this.scatter.zoom(1 / 1.5);
    if (act === "all") this.scatter.reset();
    if (act === "lasso") this.scatter.setLasso(!this.scatter.stage.classList.contains("lassoing"));
  }

  selected(points, polygon) {
    Object.assign(this, { points, polygon });
    this.find(".lx-selected").textContent = points.length ? this.say("{count} selected", { count: points.length.toLocaleString(this.rows.language) }) : "";
    this.find(".lx-clear").hidden = !points.length;
    this.find(".lx-tags").disabled = !points.length;
    if (polygon && points.length) this.on.gallery(points);
  }
}
