// Layers by tokens: each cell a word, brighter the surer, or the nearer to the last layer's choice.

import {bars, choice, floats, make, percent, picture, shown} from "../language/words.js";
import {ink, viridis} from "./viridis.js";

export function draw(place, drawing, {kept, word = (text) => text}) {
  const {tokens, words, rank} = drawing, flat = floats(drawing.chances), [layers, count, top] = drawing.chances.shape;
  const chance = (layer, token, n = 0) => flat[(layer * count + token) * top + n];
  place.classList.add("words", "lens");
  const sets = make("div", "sliders"), scroll = make("div", "scroll"), table = make("table"), told = make("p", "told"), list = make("div");
  const by = choice(word("colour"), [["chance", word("probability")], ["rank", word("rank of the last layer's choice")]], kept?.by ?? "chance");
  sets.append(by.label);
  const head = table.createTHead().insertRow();
  head.append(make("th"), ...tokens.map((token) => make("th", "verbatim", shown(token), {scope: "col", title: JSON.stringify(token)})));
  const body = table.createTBody(), boxes = [];
  for (let layer = layers - 1; layer >= 0; layer--) {
    const row = body.insertRow();
    row.append(make("th", "", layer ? `${layer}` : word("in"), {scope: "row", title: layer ? `${word("layer")} ${layer}` : word("embeddings")}));
    for (let token = 0; token < count; token++) {
      const box = make("button", "verbatim", shown(words[layer][token][0]));
      box.onpointerenter = box.onfocus = box.onclick = () => show(layer, token);
      row.insertCell().append(box);
      boxes.push({box, layer, token});
    }
  }
  scroll.append(table);
  place.append(sets, scroll, told, list);
  function paint() {
    for (const {box, layer, token} of boxes) {
      const level = by.select.value === "chance" ? chance(layer, token) : 1 / (1 + Math.log2(rank[layer][token]));
      const [r, g, b] = viridis(level);
      box.style.background = `rgb(${r} ${g} ${b})`;
      box.style.color = ink([r, g, b]);
    }
  }
  let at = kept?.count === count && kept.layers === layers ? kept.at : [layers - 1, count - 1];
  function show(layer, token) {
    at = [layer, token];
    for (const one of boxes) one.box.classList.toggle("asked", one.layer === layer && one.token === token);
    told.replaceChildren(make("span", "", layer ? word("layer") : word("embeddings")), make("b", "verbatim", layer ? `${layer}` : ""),
      make("span", "", word("at")), make("b", "verbatim", shown(tokens[token])),
      make("span", "", word("the last layer's choice")), make("b", "verbatim", `${shown(words[layers - 1][token][0])} · ${word("rank")} ${rank[layer][token]}`));
    list.replaceChildren(bars(words[layer][token].map((name, n) => ({name, value: chance(layer, token, n), mark: name === words[layers - 1][token][0]}))));
  }
  by.select.onchange = paint;
  paint();
  show(...at);
  return {
    state: () => ({by: by.select.value, at, count, layers}),
    png: () => picture(place),
    data: () => ({model: drawing.model, version: drawing.version, tokens, rank, layers: words.map((row, layer) =>
      row.map((cell, token) => cell.map((name, n) => ({name, probability: chance(layer, token, n)}))))}),
  };
}
