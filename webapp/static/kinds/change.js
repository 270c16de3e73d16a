// A sentence beside the same with one word exchanged: layers by tokens, layers by heads, answers before and after.

import {bars, cells, make, percent, picture, shown} from "../language/words.js";

export function draw(place, drawing, {pick, kept, word = (text) => text}) {
  const {words, chosen, tokens, states, heads, answers} = drawing;
  place.classList.add("words", "change");
  const line = make("div", "chips-line"), told = make("p", "told"), lists = make("div", "gaps");
  words.forEach((name, n) => {
    const chip = make("button", "chip verbatim", name, {title: word("Exchange this word")});
    chip.classList.toggle("chosen", n === chosen);
    chip.setAttribute("aria-current", n === chosen);
    chip.onclick = () => pick("word", `${n}`);
    line.append(chip);
  });
  const top = (table) => Math.max(...table.flat(), 1e-9), layers = states.length;
  const table = (values, names, columns, tell) => {
    const scroll = make("div", "scroll");
    scroll.append(cells(values.toReversed(), {rows: names.toReversed(), columns, of: top(values), tell: (i, j, value) => tell(values.length - 1 - i, j, value)}));
    return scroll;
  };
  const said = (parts) => told.replaceChildren(...parts.map(([text, strong]) => make(strong ? "b" : "span", strong ? "verbatim" : "", text)));
  let at = kept?.tokens === tokens.join() ? kept.at : tokens.length - 1;
  function show(token) {
    at = token;
    lists.replaceChildren(...["before", "after"].map((side) => {
      const gap = make("div", "gap"), chances = drawing[`${side}_chances`][token];
      gap.append(make("p", "told", word(side)), bars(drawing[side][token].map((name, n) => ({name, value: chances[n]}))));
      return gap;
    }));
  }
  const answered = (token) => [[word("answers at"), false], [shown(tokens[token]), true], [word("gone elsewhere"), false], [percent(answers[token]), true]];
  place.append(line,
    make("p", "told", word("how far each token turned, layer by layer")),
    table(states, states.map((_, n) => (n ? `${n}` : word("in"))), tokens, (layer, token, value) => {
      if (token !== at) show(token);
      said([[word("layer"), false], [`${layer || word("in")}`, true], [shown(tokens[token]), true], ["1 − cos", false], [value.toFixed(3), true], ...answered(token)]);
    }),
    make("p", "told", word("how much of each head's attention went elsewhere")),
    table(heads, heads.map((_, n) => `${n + 1}`), heads[0].map((_, n) => `${n + 1}`), (layer, head, value) =>
      said([[word("layer"), false], [`${layer + 1}`, true], [word("head"), false], [`${head + 1}`, true], [percent(value), true]])),
    told, lists);
  show(at);
  said(answered(at));
  return {
    state: () => ({tokens: tokens.join(), at}),
    png: () => picture(place),
    data: () => ({model: drawing.model, version: drawing.version, words, exchanged: words[chosen], tokens, layers, turned: states, heads,
      answers: tokens.map((token, n) => ({token, moved: answers[n], ...Object.fromEntries(["before", "after"].map((side) =>
        [side, drawing[side][n].map((name, m) => ({name, probability: drawing[`${side}_chances`][n][m]}))]))}))}),
  };
}
