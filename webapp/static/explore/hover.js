// The card beside a point: its picture, caption in both languages, group, source and licence; kept after a click.
import { element } from "./dom.js";

const ABOUT = ["group", "source", "licence"];
const OTHER = { en: "zh", zh: "en" };

export class Hover {
  constructor(stage, rows, say, on) {
    Object.assign(this, { stage, rows, say, on });
    this.card = stage.querySelector(".lx-hover");
    this.card.addEventListener("pointerleave", () => this.kept && this.close());
    stage.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  // place: [x, y] in the stage; clearance: how far from it the card begins.
  show(point, place, clearance = 6) {
    if (this.kept) return;
    this.card.classList.toggle("shown", point !== null);
    if (point !== null) this.fill(point, place, clearance);
  }

  keep(point, place) {
    this.kept = true;
    this.card.classList.add("kept", "shown");
    this.fill(point, place, 0);
    const row = point % this.rows.count;
    const button = (label, action) => element("button", {
      type: "button", className: "lx-plain", textContent: this.say(label), onclick: () => {
        action(row);
        this.close();
      },
    });
    this.card.append(element("div", { className: "lx-wide" }, button("Find similar", this.on.similar), button("Use as the picture", this.on.use)));
  }

  close() {
    this.kept = false;
    this.card.classList.remove("kept", "shown");
  }

  fill(point, [x, y], clearance) {
    const { rows, say } = this;
    const row = point % rows.count;
    const lines = [element("b", { textContent: rows.caption(row) })];
    const other = rows.caption(row, OTHER[rows.language]);
    if (other !== rows.caption(row)) lines.push(element("span", { textContent: other }));
    const about = [point < rows.count ? say("Picture") : say("Caption"), ...ABOUT.map((name) => rows.value(name, row)), rows.words.credit?.[row]];
    lines.push(element("div", { className: "lx-muted", textContent: about.filter(Boolean).map((word) => say(word)).join(" · ") }));
    this.card.replaceChildren(element("img", { src: rows.thumbnail(row), alt: "" }), element("div", {}, ...lines));
    const [width, height] = [this.stage.clientWidth, this.stage.clientHeight];
    const across = x + clearance + 240 < width ? x + clearance + 4 : x - clearance - this.card.offsetWidth - 4;
    this.card.style.left = `${Math.max(4, Math.min(across, width - this.card.offsetWidth - 4))}px`;
    this.card.style.top = `${Math.max(4, Math.min(y - 20, height - 150))}px`;
  }
}
