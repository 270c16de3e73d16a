// A translation as it is written, and how much each of its tokens took from each token of the sentence, or before it.

import {bars, cells, choice, floats, make, percent, picture, shown} from "../language/words.js";

export function draw(box, drawing, {kept, word = (text) => text}) {
  const {source, before, target, text, alternatives, chances} = drawing, [layers, heads, rows] = drawing.weights.shape;
  const looks = {sentence: [floats(drawing.weights), source], written: [floats(drawing.own), before]};
  box.classList.add("words", "aligned");
  const said = make("p", "prose verbatim", text || "…"), sets = make("div", "sliders"), scroll = make("div", "scroll"), told = make("p", "told"), list = make("div");
  said.classList.toggle("writing", !drawing.done);
  const same = kept?.layers === layers && kept.heads === heads ? kept : null;
  const layer = choice(word("layer"), [...Array.from({length: layers}, (_, n) => [n, n + 1]), ["mean", word("mean")]], same?.layer ?? (drawing.done ? layers - 1 : "mean"));
  const head = choice(word("head"), [["mean", word("mean")], ...Array.from({length: heads}, (_, n) => [n, n + 1])], same?.head ?? "mean");
  const at = choice(word("looks at"), [["sentence", word("the sentence")], ["written", word("what is written")]], kept?.at ?? "sentence");
  sets.append(at.label, layer.label, head.label);
  sets.hidden = !drawing.done;
  box.append(said, sets, scroll, told, list);
  const pick = (chosen, count) => (chosen === "mean" ? Array.from({length: count}, (_, n) => n) : [Number(chosen)]);
  const table = () => {
    const [ls, hs] = [pick(layer.select.value, layers), pick(head.select.value, heads)], [flat, names] = looks[at.select.value], columns = names.length;
    return Array.from({length: rows}, (_, i) => Array.from({length: columns}, (_, j) =>
      ls.flatMap((l) => hs.map((h) => flat[((l * heads + h) * rows + i) * columns + j])).reduce((a, b) => a + b, 0) / (ls.length * hs.length)));
  };
  function show(i) {
    told.replaceChildren(make("span", "", word("choices at")), make("b", "verbatim", shown(target[i])));
    list.replaceChildren(bars(alternatives[i].map((name, n) => ({name, value: chances[i][n], mark: n === 0}))));
  }
  let place = null;
  function paint() {
    const shares = table(), [, names] = looks[at.select.value];
    scroll.replaceChildren(cells(shares, {rows: target, columns: names, numbers: names.length <= 10, tell: (i, j, value) => {
      if (place !== i) show(place = i);
      told.textContent = `${shown(target[i])} ← ${shown(names[j])}: ${percent(value)}`;
    }}));
    show(place ?? (drawing.done ? 0 : rows - 1));
  }
  at.select.onchange = layer.select.onchange = head.select.onchange = paint;
  paint();
  return {
    state: () => (drawing.done ? {layers, heads, at: at.select.value, layer: layer.select.value, head: head.select.value} : kept),
    png: () => picture(box),
    data: () => ({model: drawing.model, version: drawing.version, source, target, text, layer: layer.select.value, head: head.select.value,
      looks_at: looks[at.select.value][1], weights: table(), alternatives: alternatives.map((names, n) => names.map((name, m) => ({name, chance: chances[n][m]})))}),
  };
}
