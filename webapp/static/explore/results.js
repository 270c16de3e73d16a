// The card of results: a title, pictures in three columns with caption and score, and sentences to lean on.
import { element } from "./dom.js";

export const LOOKS = { copies: "Near copies", outliers: "Outliers", mismatches: "Pairs that do not match" };

export class Results {
  // on: {similar(row), use(row), hover(row or null), lean({more, less}), mode("text" or "image"), look(what), edit(row)}. editable: whether captions may be changed.
  constructor(card, on) {
    Object.assign(this, { card, on, leanings: { more: [], less: [] } });
    this.title = card.querySelector("h2");
    this.under = card.querySelector(".lx-under");
    this.mode = card.querySelector(".lx-mode");
    this.extra = card.querySelector(".lx-extra");
    this.grid = card.querySelector(".lx-grid");
    this.look = card.querySelector(".lx-look");
    this.lean = card.querySelector(".lx-lean");
  }

  translate(say) {
    this.say = say;
    this.mode.replaceChildren(
      ...["text", "image"].map((mode) => element("button", {
        type: "button", textContent: say(mode === "text" ? "Sentence" : "Picture"), onclick: () => this.on.mode(mode), "data-mode": mode,
      })),
    );
    this.look.setAttribute("aria-label", say("Look for"));
    this.look.replaceChildren(...Object.entries(LOOKS).map(([what, text]) => element("button", {
      type: "button", className: "lx-plain", textContent: say(text), onclick: () => this.on.look(what),
    })));
    this.lean.replaceChildren(...["more", "less"].map((side) => this.leaning(side)));
    this.marked(this.marking);
  }

  // A list of sentences that the search leans to, or away from.
  leaning(side) {
    const name = this.say(side === "more" ? "more like" : "less like");
    const input = element("input", { type: "text", maxLength: 200, placeholder: this.say("a word or a sentence"), "aria-label": name });
    const chips = element("div", { className: "lx-chips" });
    const fill = () => chips.replaceChildren(...this.leanings[side].map((text, at) => element("button", {
      type: "button", className: "lx-chip", textContent: `${text} ×`, title: this.say("Remove"),
      onclick: () => change(this.leanings[side].filter((_, index) => index !== at)),
    })));
    const change = (sentences) => {
      this.leanings[side] = sentences;
      fill();
      this.on.lean(this.leanings);
    };
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !input.value.trim()) return;
      change([...this.leanings[side], input.value.trim()].slice(-4));
      input.value = "";
    });
    fill();
    return element("div", {}, element("span", { className: "lx-muted", textContent: name }), chips, input);
  }

  marked(mode) {
    this.marking = mode;
    for (const button of this.mode.children) button.setAttribute("aria-pressed", button.dataset.mode === mode);
  }

  // On a phone a few come first. chosen: a row that stands in the title, to be used as the page's picture.
  show({ title, under, extra = "", chosen, hits, scores }, rows) {
    this.title.textContent = title;
    this.under.textContent = under;
    this.extra.replaceChildren(extra);
    if (chosen !== undefined) this.extra.append(element("button", {
      type: "button", className: "lx-plain", textContent: this.say("Use as the picture"), onclick: () => this.on.use(chosen),
    }));
    if (chosen !== undefined && this.editable) this.extra.append(element("button", {
      type: "button", className: "lx-plain lx-edit", textContent: this.say("Edit the caption"), onclick: () => this.on.edit(chosen),
    }));
    this.card.classList.remove("waiting");
    const few = window.matchMedia("(max-width: 560px)").matches ? 9 : 60;
    const tiles = hits.map((row, at) => [row, at]);
    const made = (some) => some.map(([row, at]) => this.tile(row, scores?.[at], rows));
    this.grid.replaceChildren(...made(tiles.slice(0, few)));
    if (tiles.length <= few) return;
    const more = element("button", {
      type: "button", className: "lx-plain lx-more", textContent: this.say("Show more"), onclick: () => more.replaceWith(...made(tiles.slice(few))),
    });
    this.grid.append(more);
  }

  tile(row, score, rows) {
    const caption = rows.caption(row);
    const picture = element("img", { src: rows.thumbnail(row), alt: caption, loading: "lazy", decoding: "async" });
    const act = (label, icon, action) => element("button", {
      type: "button", title: this.say(label), "aria-label": `${this.say(label)}: ${caption}`, textContent: icon,
      onclick: (event) => {
        event.stopPropagation();
        action(row);
      },
    });
    return element("figure", {
      onmouseenter: () => this.on.hover(row),
      onmouseleave: () => this.on.hover(null),
    },
    element("button", { type: "button", className: "lx-picture", title: caption, onclick: () => this.on.similar(row) }, picture),
    element("div", { className: "lx-acts" }, act("Find similar", "⌕", this.on.similar), act("Use as the picture", "↑", this.on.use)),
    element("figcaption", {},
      element("span", { className: "lx-caption", textContent: caption, title: caption }),
      element("span", { className: "lx-score", textContent: score === undefined ? "" : score.toFixed(2) })));
  }
}
