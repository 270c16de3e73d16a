// Windows drawn on the picture: the one around the chosen token is lit by where that token looks.

import {viridis} from "./viridis.js";

const PALETTE = Array.from({length: 256}, (_, i) => viridis(i / 255));
const round = (x) => Number(x.toPrecision(2)).toString();

export function draw(place, drawing, {pick, kept}) {
  const [width, height] = drawing.size, {blocks} = drawing;
  place.classList.add("windows");
  place.innerHTML = `
    <div class="stage"><img alt="" draggable="false"><canvas tabindex="0" role="application" aria-label="windows"></canvas></div>
    <p class="told verbatim"></p>
    <div class="sliders">
      <label><span>block</span><input class="block" type="range" min="0" step="1"><output class="verbatim"></output></label>
      <label><span>head</span><input class="head" type="range" min="0" step="1" value="0"><output></output></label>
      <label><span>overlay</span><input class="overlay" type="range" min="0" max="1" step="0.05" value="0.8"></label>
    </div>`;
  const part = (name) => place.querySelector(name);
  const [canvas, block, head] = [part("canvas"), part(".block"), part(".head")];
  part("img").src = drawing.picture;
  part(".stage").style.aspectRatio = `${width} / ${height}`;
  place.style.setProperty("--ratio", width / height);
  block.max = blocks.length - 1;
  block.value = kept?.count === blocks.length ? kept.block : Math.min(1, blocks.length - 1);
  if (kept) { part(".overlay").value = kept.overlay; head.max = 99; head.value = kept.head; }
  for (const one of blocks) one.bytes = Uint8Array.from(atob(one.levels), (letter) => letter.charCodeAt(0));

  function paint() {
    const one = blocks[Number(block.value)], [heads, rows, columns] = one.shape;
    head.max = heads - 1;
    const which = Math.min(Number(head.value), heads - 1), sharp = devicePixelRatio || 1;
    const [wide, high] = [canvas.clientWidth || 320, canvas.clientHeight || 320];
    Object.assign(canvas, {width: Math.round(wide * sharp), height: Math.round(high * sharp)});
    const pen = canvas.getContext("2d"), x = (column) => column * wide / columns, y = (row) => row * high / rows;
    pen.scale(sharp, sharp);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column, box = [x(column), y(row), wide / columns + 0.5, high / rows + 0.5];
        pen.globalAlpha = 1;
        if (one.open[at] === 0) { pen.fillStyle = "rgb(0 0 0 / 0.45)"; pen.fillRect(...box); continue; }
        pen.globalAlpha = Number(part(".overlay").value);
        pen.fillStyle = `rgb(${PALETTE[one.bytes[which * rows * columns + at]].join(" ")})`;
        pen.fillRect(...box);
        if (one.open[at] === 2) hatch(pen, box);
      }
    }
    pen.globalAlpha = 1;
    for (const [colour, thick] of [["rgb(0 0 0 / 0.55)", 3], ["#fff", 1.2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.beginPath();
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const mine = one.windows[row * columns + column];
          if (column && one.windows[row * columns + column - 1] !== mine) { pen.moveTo(x(column), y(row)); pen.lineTo(x(column), y(row + 1)); }
          if (row && one.windows[(row - 1) * columns + column] !== mine) { pen.moveTo(x(column), y(row)); pen.lineTo(x(column + 1), y(row)); }
        }
      }
      pen.stroke();
    }
    const [row, column] = one.place;
    for (const [colour, inset] of [["#000", 0], ["#fff", 1.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = 1.5;
      pen.strokeRect(x(column) + inset, y(row) + inset, wide / columns - 2 * inset, high / rows - 2 * inset);
    }
    const side = Math.sqrt(one.open.filter(Boolean).length);
    part(".block + output").textContent = `${Number(block.value) + 1} / ${blocks.length}`;
    part(".head + output").textContent = which ? `${which}` : "mean";
    part(".told").replaceChildren(...told([["stage", one.stage], ["tokens", `${rows} × ${columns}`],
      ["window", `${round(side)} × ${round(side)}`], ["shifted by", one.shift], ["most to one token", round(one.high[which])]]));
  }
  part(".told").classList.remove("verbatim");
  function told(pairs) {
    return pairs.flatMap(([name, value]) => {
      const [key, said] = ["span", "b"].map((tag) => document.createElement(tag));
      key.textContent = name;
      said.textContent = value;
      return [key, said];
    });
  }
  function hatch(pen, [left, top, wide, high]) {
    pen.save();
    pen.globalAlpha = 0.9;
    pen.beginPath();
    pen.rect(left, top, wide, high);
    pen.fillStyle = "#3a3d44";
    pen.fill();
    pen.clip();
    pen.beginPath();
    for (let at = -high; at < wide; at += 6) { pen.moveTo(left + at, top + high); pen.lineTo(left + at + high, top); }
    pen.strokeStyle = "#aeb4be";
    pen.lineWidth = 1;
    pen.stroke();
    pen.restore();
  }
  let [down, right] = drawing.point;
  const ask = () => pick("point", `${down.toFixed(4)},${right.toFixed(4)}`);
  const inside = (share) => Math.min(Math.max(share, 0), 0.9999);
  canvas.onclick = ({clientX, clientY}) => {
    const box = canvas.getBoundingClientRect();
    [down, right] = [inside((clientY - box.top) / box.height), inside((clientX - box.left) / box.width)];
    ask();
  };
  canvas.onkeydown = (event) => {
    const [, rows, columns] = blocks[Number(block.value)].shape;
    const move = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
    if (!move) return;
    event.preventDefault();
    [down, right] = [inside(down + move[0] / rows), inside(right + move[1] / columns)];
    ask();
  };
  block.oninput = head.oninput = part(".overlay").oninput = paint;
  const watching = new ResizeObserver(paint);
  watching.observe(part(".stage"));
  paint();
  return {
    close: () => watching.disconnect(),
    state: () => ({count: blocks.length, block: block.value, head: head.value, overlay: part(".overlay").value}),
    png: () => new Promise((resolve) => {
      const page = Object.assign(document.createElement("canvas"), {width: canvas.width, height: canvas.height});
      const pen = page.getContext("2d");
      pen.drawImage(part("img"), 0, 0, page.width, page.height);
      pen.drawImage(canvas, 0, 0);
      page.toBlob(resolve, "image/png");
    }),
    data: () => ({model: drawing.model, version: drawing.version, point: drawing.point,
      blocks: blocks.map(({stage, shift, place: token, shape: [heads, rows, columns], windows, open, bytes, high}) => ({
        stage, shift, token, rows, columns, windows, open, heads: Array.from({length: heads}, (_, which) =>
          Array.from(bytes.subarray(which * rows * columns, (which + 1) * rows * columns), (level) => level / 255 * high[which]))}))}),
  };
}
