// A text as it is written: each token as plain as it was likely, and what else could have stood in its place.

import {bars, make, percent, picture, shown} from "../language/words.js";

export function draw(place, drawing, {kept, word = (text) => text}) {
  const {prompt, written, raw, drawn, entropy, others, odds} = drawing;
  place.classList.add("words", "written");
  const line = make("p", "prose"), told = make("p", "told"), list = make("div");
  line.append(make("span", "given verbatim", prompt));
  const marks = written.map((token, n) => {
    const mark = make("button", "word verbatim", /^<.*>$/.test(token) ? ` ${shown(token)}` : token.replace(/\n/g, "↵\n"));
    mark.style.setProperty("--share", `${Math.round(25 + 75 * Math.sqrt(raw[n]))}%`);
    mark.onpointerenter = mark.onfocus = mark.onclick = () => show(n);
    mark.setAttribute("aria-label", `${token}, ${percent(raw[n])}`);
    return mark;
  });
  line.append(...marks);
  place.append(line, told, list);
  let at = Math.min(kept?.held ?? Infinity, written.length - 1), held = kept?.held;
  function show(n, own = true) {
    at = n;
    if (own) held = n;
    marks.forEach((mark, m) => mark.classList.toggle("asked", m === n));
    told.replaceChildren(make("b", "verbatim", shown(written[n])), make("span", "", word("chance")), make("b", "verbatim", percent(raw[n])),
      make("span", "", word("after the cuts")), make("b", "verbatim", percent(drawn[n])),
      make("span", "", word("open choice, bits")), make("b", "verbatim", entropy[n].toFixed(2)));
    list.replaceChildren(bars(others[n].map((name, m) => ({name, value: odds[n][m], mark: name === written[n]}))));
  }
  show(at, false);
  return {
    state: () => ({held}),
    png: () => picture(place),
    data: () => ({model: drawing.model, version: drawing.version, prompt, written, chance: raw, drawn, entropy,
      others: others.map((names, n) => names.map((name, m) => ({name, chance: odds[n][m]})))}),
  };
}
