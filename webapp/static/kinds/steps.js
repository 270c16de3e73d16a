// One attention head, operation after operation, computed here from its queries, keys and values.

import {cells, choice, floats, make, multiply, picture, shown, softmax, turned} from "../language/words.js";

/** Every table of the head, from queries and keys to what it hands on; no[...]: which operations are left out. */
export function steps({queries, keys, values, divisor, bias}, {scaled, masked}) {
  const products = multiply(queries, turned(keys));
  const divided = products.map((row, i) => row.map((x, j) => (scaled ? x / divisor : x) + (bias?.[i][j] ?? 0)));
  const hidden = divided.map((row, i) => row.map((x, j) => (masked && j > i ? -Infinity : x)));
  const weights = hidden.map((row) => softmax(row));
  return {products, divided, hidden, weights, mixed: multiply(weights, values)};
}

export function draw(place, drawing, {kept, word = (text) => text}) {
  const {tokens, divisor} = drawing, [layers, heads, count, dim] = drawing.queries.shape;
  const [queries, keys, values, own, outputs] = ["queries", "keys", "values", "weights", "outputs"].map((name) => floats(drawing[name]));
  const bias = drawing.bias && floats(drawing.bias), width = drawing.outputs.shape[2];
  const table = (flat, at, rows, columns) => Array.from({length: rows}, (_, i) => Array.from(flat.subarray((at * rows + i) * columns, (at * rows + i + 1) * columns)));
  place.classList.add("words", "steps");
  const sets = make("div", "sliders"), tabs = make("div", "parts"), formula = make("p", "formula verbatim"), big = make("div", "scroll"), told = make("p", "told"), far = make("p", "told");
  const same = kept?.layers === layers && kept.heads === heads ? kept : null;
  const layer = choice(word("layer"), Array.from({length: layers}, (_, n) => [n, n + 1]), same?.layer ?? 0);
  const head = choice(word("head"), Array.from({length: heads}, (_, n) => [n, n + 1]), same?.head ?? 0);
  const toggle = (name, on) => {
    const label = make("label", "toggle"), box = make("input", "", "", {type: "checkbox", checked: on});
    label.append(box, make("span", "", name));
    return {label, box};
  };
  const scaled = toggle(word("scaling"), kept?.scaled ?? true), masked = toggle(word("causal mask"), kept?.masked ?? drawing.causal);
  scaled.label.hidden = divisor === 1;
  sets.append(layer.label, head.label, scaled.label, masked.label);
  const root = divisor === 1 ? "1" : `√${Math.round(divisor ** 2)}`;
  const names = [["Q", "Q: what each token asks for"], ["K", "K: what each token can be found by"], ["QKᵀ", "QKᵀ: each query with each key, summed over the dimensions"],
    [bias ? "+ bias" : `÷ ${root}`, bias ? "a learned number for each distance is added" : "divided by √d, so that the softmax does not take one token alone"],
    ["mask", "later tokens are put out of reach"], ["softmax", "softmax: each row becomes shares that sum to 1"],
    ["V", "V: what each token hands on"], ["· V", "each token takes the values in these shares"], ["heads", "all heads put together and projected: what the layer adds"]];
  let at = kept?.at ?? 5;
  const buttons = names.map(([name], n) => {
    const button = make("button", "verbatim", name);
    button.onclick = () => { at = n; paint(); };
    return button;
  });
  tabs.append(...buttons);
  place.append(sets, tabs, formula, big, told, far);

  function paint() {
    const where = Number(layer.select.value) * heads + Number(head.select.value);
    const parts = {queries: table(queries, where, count, dim), keys: table(keys, where, count, dim), values: table(values, where, count, dim),
      divisor, bias: bias && table(bias, where, count, count)};
    const found = steps(parts, {scaled: scaled.box.checked, masked: masked.box.checked});
    const shows = [parts.queries, parts.keys, found.products, found.divided, found.hidden, found.weights, parts.values, found.mixed,
      table(outputs, Number(layer.select.value), count, width)][at];
    buttons.forEach((button, n) => button.setAttribute("aria-pressed", n === at));
    formula.textContent = word(names[at][1]);
    const square = at >= 2 && at <= 5;
    told.textContent = " ";
    big.replaceChildren(cells(shows, {rows: tokens, columns: square ? tokens : [], scale: at === 5 ? "share" : "signed", numbers: square && count <= 12,
      tell: (i, j, value) => {
        const other = square ? shown(tokens[j]) : `${word("dimension")} ${j + 1}`;
        told.textContent = `${shown(tokens[i])} × ${other}: ${Number.isFinite(value) ? value.toFixed(4) : "−∞"}`;
      }}));
    const mine = table(own, where, count, count).flat();
    const gap = Math.max(...found.weights.flat().map((x, n) => Math.abs(x - mine[n])));
    far.replaceChildren(make("span", "", word("largest difference from the model's own weights")), make("b", "verbatim", gap < 0.002 ? "< 0.002" : gap.toFixed(3)));
  }
  for (const {select} of [layer, head]) select.onchange = paint;
  for (const {box} of [scaled, masked]) box.onchange = paint;
  paint();
  return {
    state: () => ({layers, heads, layer: layer.select.value, head: head.select.value, at, scaled: scaled.box.checked, masked: masked.box.checked}),
    png: () => picture(place),
    data: () => {
      const where = Number(layer.select.value) * heads + Number(head.select.value), parts = {queries: table(queries, where, count, dim),
        keys: table(keys, where, count, dim), values: table(values, where, count, dim), divisor, bias: bias && table(bias, where, count, count)};
      return {model: drawing.model, version: drawing.version, tokens, layer: Number(layer.select.value) + 1, head: Number(head.select.value) + 1,
        scaled: scaled.box.checked, masked: masked.box.checked, ...parts, ...steps(parts, {scaled: scaled.box.checked, masked: masked.box.checked})};
    },
  };
}
