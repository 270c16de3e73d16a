// A sentence whose words can be hidden by a click, and what the model puts in each gap.

import {bars, make, percent, picture, shown} from "../language/words.js";

export function draw(place, drawing, {pick, word = (text) => text}) {
  const {tokens, added, masked, words, chances, actual} = drawing, hidden = new Set(masked);
  place.classList.add("words", "fill");
  const line = make("div", "chips-line"), lists = make("div", "gaps");
  tokens.forEach((token, n) => {
    const chip = make(added[n] ? "span" : "button", `chip verbatim ${added[n] ? "added" : ""}`, shown(token));
    if (!added[n]) {
      chip.setAttribute("aria-pressed", hidden.has(n));
      chip.title = word(hidden.has(n) ? "Show this word" : "Hide this word");
      chip.onclick = () => {
        const next = new Set(hidden);
        if (!next.delete(n)) next.add(n);
        pick("masked", [...next].sort((a, b) => a - b).join(","));
      };
    }
    line.append(chip);
  });
  masked.forEach((at, n) => {
    const gap = make("div", "gap"), told = make("p", "told"), marked = words[n].findIndex((name) => shown(name).replace(/^##/, "").toLowerCase() === shown(tokens[at]).toLowerCase());
    told.append(make("b", "verbatim", shown(tokens[at])), make("span", "", word("is the model's choice no.")),
      make("b", "verbatim", `${drawing.place[n]}`), make("span", "verbatim", `· ${percent(actual[n])}`));
    gap.append(told, bars(words[n].map((name, m) => ({name, value: chances[n][m], mark: drawing.place[n] === m + 1 || marked === m}))));
    lists.append(gap);
  });
  place.append(line, lists);
  return {
    png: () => picture(place),
    data: () => ({model: drawing.model, version: drawing.version, tokens, gaps: masked.map((at, n) => ({token: tokens[at], place: at,
      rank: drawing.place[n], probability: actual[n], words: words[n].map((name, m) => ({name, probability: chances[n][m]}))}))}),
  };
}
