// Who looks at whom in a text: a small square a head, one of them large; a token under the pointer shows its row alone.

import {shown as named} from "../language/words.js";
import {viridis} from "./viridis.js";

const LABELS = 24, NAMED = 4, EDGE = 32;
const palette = (alpha) => new Uint32Array(Uint8Array.from(
  Array.from({length: 256}, (_, level) => [...viridis(level / 255), alpha]).flat()).buffer);
const LIT = palette(255), FAINT = palette(46);
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const percent = (share) => share >= 0.1 ? `${Math.round(100 * share)} %` : `${(100 * share).toFixed(1)} %`;

/** Maps [n side side] to [n edge edge]: of each block its highest, so that a thin line stays in sight. */
function pooled(levels, count, side, edge) {
  if (side === edge) return levels;
  const found = new Uint8Array(count * edge * edge), block = (x) => Math.floor(x * edge / side);
  for (let n = 0, at = 0; n < count; n++) {
    for (let row = 0; row < side; row++) {
      for (let column = 0, to = (n * edge + block(row)) * edge; column < side; column++, at++) {
        const place = to + block(column);
        if (levels[at] > found[place]) found[place] = levels[at];
      }
    }
  }
  return found;
}

export function draw(place, drawing, {kept, pick, word = (text) => text}) {
  const [layers, heads, side] = drawing.shape, length = drawing.tokens.length, whole = side === length;
  const small = bytes(drawing.levels), large = whole ? null : bytes(drawing.large);
  const edge = Math.min(side, EDGE), tiny = pooled(small, layers * heads, side, edge);
  const same = kept && kept.layers === layers && kept.heads === heads;
  let [layer, head] = same && whole ? kept.head : drawing.chosen;
  let fixed = same && kept.tokens === drawing.tokens.join() ? kept.fixed : null, asking = fixed;

  place.classList.add("tokens");
  place.innerHTML = `<div class="words" role="group"></div>
    <div class="big"><div class="tops" aria-hidden="true"></div><div class="lefts" aria-hidden="true"></div>
      <div class="square"><canvas></canvas><div class="tip verbatim" hidden></div></div></div>
    <div class="all"><p class="which"></p><div class="grid" role="group"></div>
      <div class="scale"><span>0</span><span class="ramp"></span><span class="most"></span><span class="unit"></span></div></div>
    <p class="told" role="status"></p>`;
  const part = (name) => place.querySelector(name);
  part(".words").setAttribute("aria-label", word("tokens"));
  part(".square canvas").setAttribute("role", "img");

  const level = (row, column) => whole
    ? small[((layer * heads + head) * side + row) * side + column] : large[row * length + column];
  const weight = (row, column) => level(row, column) / 255 * drawing.high[layer][head];

  function paint(canvas, levels, start, edge, lit) {
    const pixels = new ImageData(edge, edge), colours = new Uint32Array(pixels.data.buffer);
    for (let row = 0, i = 0; row < edge; row++) {
      const shown = lit === null || row === lit ? LIT : FAINT;
      for (let column = 0; column < edge; column++, i++) colours[i] = shown[levels[start + i]];
    }
    if (canvas.width !== edge || canvas.height !== edge) Object.assign(canvas, {width: edge, height: edge});
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  }

  const chips = drawing.tokens.map((token, n) => {
    const chip = Object.assign(document.createElement("button"), {className: "token verbatim", textContent: named(token), title: token});
    chip.onpointerenter = chip.onfocus = () => isolate(n);
    chip.onpointerleave = chip.onblur = () => isolate(fixed);
    chip.onclick = () => { fixed = fixed === n ? null : n; isolate(fixed); };
    part(".words").append(chip);
    return chip;
  });
  const squares = Array.from({length: layers * heads}, (_, n) => {
    const button = document.createElement("button"), [at, which] = [Math.floor(n / heads), n % heads];
    button.title = `${word("layer")} ${at + 1} · ${word("head")} ${which + 1}`;
    button.setAttribute("aria-label", button.title);
    button.append(document.createElement("canvas"));
    button.onclick = () => {
      if (!whole) return pick("head", `${at},${which}`);
      [layer, head] = [at, which];
      isolate(asking);
    };
    part(".grid").append(button);
    return button;
  });
  part(".grid").classList.toggle("fine", edge === EDGE);
  part(".grid").style.gridTemplateColumns = `repeat(${heads}, minmax(0, 1fr))`;
  part(".unit").textContent = word("share of attention");
  part(".which").textContent = word("a row a layer, a column a head");
  if (length <= LABELS) {
    for (const [name, where] of [["lefts", ".lefts"], ["tops", ".tops"]]) {
      part(where).append(...drawing.tokens.map((token) =>
        Object.assign(document.createElement("span"), {textContent: named(token),
          className: `${name}-name verbatim ${/[\u2e80-\u9fff]/.test(token) ? "upright" : ""}`})));
    }
  } else part(".big").classList.add("bare");

  function isolate(token) {
    asking = token;
    const lit = token === null ? null : Math.floor(token * edge / length);
    squares.forEach((button, n) => {
      paint(button.firstChild, tiny, n * edge * edge, edge, lit);
      button.setAttribute("aria-pressed", n === layer * heads + head);
    });
    const start = whole ? (layer * heads + head) * side * side : 0;
    paint(part(".square canvas"), whole ? small : large, start, length, token);
    const row = token === null ? [] : drawing.tokens.map((_, column) => weight(token, column));
    const most = Math.max(...row, 1e-9);
    chips.forEach((chip, n) => {
      chip.style.setProperty("--share", token === null ? "0%" : `${Math.round(55 * row[n] / most)}%`);
      chip.classList.toggle("asking", n === token);
      chip.setAttribute("aria-pressed", n === fixed);
    });
    place.querySelectorAll(".lefts-name").forEach((name, n) => name.classList.toggle("asking", n === token));
    const where = `${word("layer")} ${layer + 1} · ${word("head")} ${head + 1}`;
    part(".square canvas").setAttribute("aria-label", where);
    part(".most").textContent = percent(drawing.high[layer][head]);
    const found = row.map((share, n) => [share, n]).sort(([a], [b]) => b - a).slice(0, NAMED);
    const said = token === null ? word("point at a token, or into the square")
      : `${drawing.tokens[token]} ← ${found.map(([share, n]) => `${drawing.tokens[n]} ${percent(share)}`).join(", ")}`;
    part(".told").replaceChildren(
      Object.assign(document.createElement("b"), {textContent: where, className: "verbatim"}),
      Object.assign(document.createElement("span"), {textContent: said, className: "verbatim"}));
  }

  const square = part(".square"), tip = part(".tip");
  square.onpointermove = ({clientX, clientY}) => {
    const box = square.getBoundingClientRect();
    const [column, row] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height]
      .map((x) => Math.min(Math.max(Math.floor(x * length), 0), length - 1));
    if (row !== asking) {
      isolate(row);
      part(".words").scrollTop = chips[row].offsetTop - part(".words").clientHeight / 2;
    }
    tip.hidden = false;
    tip.textContent = `${drawing.tokens[row]} ← ${drawing.tokens[column]}  ${percent(weight(row, column))}`;
    Object.assign(tip.style, {left: `${Math.min(Math.max(100 * (column + 0.5) / length, 20), 80)}%`,
      top: `${100 * row / length}%`});
  };
  square.onpointerleave = () => { tip.hidden = true; isolate(fixed); };
  isolate(fixed);

  return {
    state: () => ({layers, heads, head: [layer, head], tokens: drawing.tokens.join(), fixed}),
    png: () => new Promise((resolve) => {
      const wide = 640, room = length <= LABELS ? 120 : 0, page = document.createElement("canvas");
      Object.assign(page, {width: wide + room, height: wide + room});
      const pen = page.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, page.width, page.height);
      pen.imageSmoothingEnabled = false;
      pen.drawImage(part(".square canvas"), room, room, wide, wide);
      pen.fillStyle = "#1b1d22";
      pen.font = "14px Inter, system-ui, sans-serif";
      pen.textBaseline = "middle";
      if (room) drawing.tokens.forEach((token, n) => {
        const at = (n + 0.5) * wide / length;
        pen.textAlign = "right";
        pen.fillText(token, room - 6, room + at, room - 12);
        pen.save();
        pen.translate(room + at, room - 6);
        pen.rotate(-Math.PI / 2);
        pen.textAlign = "left";
        pen.fillText(token, 0, 0, room - 12);
        pen.restore();
      });
      page.toBlob(resolve, "image/png");
    }),
    data: () => ({model: drawing.model, version: drawing.version, tokens: drawing.tokens, layer: layer + 1, head: head + 1,
      weights: drawing.tokens.map((_, row) => drawing.tokens.map((_, column) => Number(weight(row, column).toPrecision(3))))}),
  };
}
