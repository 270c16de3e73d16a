// What each word of a sentence did for one answer: orange for it, blue against it, by two methods.

import {bars, choice, make, picture, shown, signed} from "../language/words.js";

const number = (x) => `${x > 0 ? "+" : x < 0 ? "−" : ""}${Math.abs(x).toFixed(2)}`;

export function draw(place, drawing, {pick, kept, word = (text) => text}) {
  const {tokens, added, places, open, answers, chances, whole, bare} = drawing;
  place.classList.add("words", "credit");
  const asked = make("div", "chips-line places"), sets = make("div", "sliders"), line = make("div", "chips-line parts"), told = make("p", "told"), list = make("div");
  places.forEach((name, n) => {
    const chip = make(open[n] ? "button" : "span", `chip verbatim ${open[n] ? "" : "added"}`, name ? shown(name) : "…");
    chip.classList.toggle("chosen", n === drawing.place);
    if (open[n]) {
      chip.title = word("Ask for this one");
      chip.setAttribute("aria-current", n === drawing.place);
      chip.onclick = () => pick("asked", `${n}`);
    }
    asked.append(chip);
  });
  const method = choice(word("method"), [["integrated", word("integrated gradients")], ["gradient", word("gradient × input")]], kept?.method ?? "integrated");
  sets.append(method.label);
  list.append(bars(answers.map((name, n) => ({name, value: chances[n], mark: n === 0})), (n) => pick("asked", `${drawing.place}:${answers[n]}`)));
  place.append(asked, list, sets, line, told);

  function paint() {
    const shares = drawing[method.select.value], most = Math.max(...shares.map(Math.abs), 1e-9);
    line.replaceChildren(...tokens.map((token, n) => {
      const chip = make("span", `chip verbatim ${added[n] ? "added" : ""}`, shown(token));
      if (!added[n]) {
        chip.style.background = signed(0.6 * shares[n] / most);
        chip.append(make("small", "verbatim", number(shares[n])));
      }
      return chip;
    }));
    const sum = shares.reduce((a, b) => a + b, 0);
    told.replaceChildren(
      make("span", "", word("the words together")), make("b", "verbatim", number(sum)),
      make("span", "", word("the answer with these words, against none")), make("b", "verbatim", number(whole - bare)));
  }
  method.select.onchange = paint;
  paint();
  return {
    state: () => ({method: method.select.value}),
    png: () => picture(place),
    data: () => ({model: drawing.model, version: drawing.version, place: drawing.place, asked: places[drawing.place], answer: answers[0],
      log_probability: whole, without_words: bare,
      words: tokens.map((token, n) => ({token, integrated_gradients: drawing.integrated[n], gradient_times_input: drawing.gradient[n]}))}),
  };
}
