// Maps over a picture: a slider turns from map to map, another sets how much of the picture shows through.

import {viridis} from "./viridis.js";

const PALETTE = Uint8ClampedArray.from(Array.from({length: 256}, (_, i) => [...viridis(i / 255), 255]).flat());
const round = (x) => Number(x.toPrecision(2)).toString();

export function draw(place, drawing, {kept, pick, word = (text) => text}) {
  const [count, rows, columns] = drawing.shape, [width, height] = drawing.size;
  const levels = Uint8Array.from(atob(drawing.levels), (letter) => letter.charCodeAt(0));
  place.classList.add("heat");
  place.innerHTML = `
    <div class="stage" role="img"><img alt="" draggable="false"><canvas></canvas><div class="mark picked" hidden></div><div class="mark pointed" hidden></div><div class="tip" hidden></div></div>
    <div class="scale"><span class="high"></span><span class="ramp"></span><span class="low"></span></div>
    <div class="unit"></div>
    <div class="chips-row" role="group"></div>
    <div class="small" role="group"></div>
    <div class="sliders">
      <label><span class="which"></span><input class="step" type="range" min="0" step="1"><output></output></label>
      <label><span>overlay</span><input class="overlay" type="range" min="0" max="1" step="0.05" value="0.65"></label>
    </div>`;
  const part = (name) => place.querySelector(name);
  const [canvas, step, mark, tip] = [part("canvas"), part(".step"), part(".pointed"), part(".tip")];
  const [chips, small] = [part(".chips-row"), part(".small")];
  const numbered = (part) => part.replace(/^([a-z]+) (\d+)$/, (_, noun, n) => `${word(noun)} ${n}`);
  const names = drawing.chips ? drawing.names : drawing.names.map((name) => name.split(" · ").map(numbered).join(" · "));
  part("img").src = drawing.picture;
  part(".stage").style.aspectRatio = `${width} / ${height}`;
  place.style.setProperty("--ratio", width / height);
  part(".which").textContent = drawing.slider;
  part(".unit").textContent = drawing.unit;
  step.max = count - 1;
  step.value = Math.min(kept?.count === count ? kept.step : drawing.chips ? 0 : count - 1, count - 1);
  if (kept) part(".overlay").value = kept.overlay;
  step.closest("label").hidden = count < 2 || drawing.chips;
  if (drawing.note) part(".sliders").insertAdjacentElement("afterend", Object.assign(document.createElement("p"),
    {className: "note", textContent: drawing.note}));
  Object.assign(canvas, {width: columns, height: rows});

  const value = (map, row, column) => {
    const level = levels[(map * rows + row) * columns + column] / 255;
    return drawing.low[map] + level * (drawing.high[map] - drawing.low[map]);
  };
  function cells(map) {
    const pixels = new ImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      const level = levels[map * rows * columns + i] * 4;
      pixels.data.set(PALETTE.subarray(level, level + 4), i * 4);
    }
    return pixels;
  }
  const choices = drawing.chips || drawing.columns ? names.map(choice) : [];
  function choice(name, map) {
    const button = document.createElement("button");
    button.className = drawing.chips ? "chip verbatim" : "head";
    button.title = name;
    if (drawing.chips) {
      button.textContent = name;
      button.onpointerenter = () => paint(map);
      button.onpointerleave = () => paint();
      chips.append(button);
    } else {
      const tiny = Object.assign(document.createElement("canvas"), {width: columns, height: rows});
      tiny.getContext("2d").putImageData(cells(map), 0, 0);
      tiny.style.aspectRatio = `${width} / ${height}`;
      button.setAttribute("aria-label", name);
      button.append(tiny);
      small.append(button);
    }
    button.onclick = () => { step.value = map; paint(); };
    return button;
  }
  small.style.gridTemplateColumns = `repeat(${drawing.columns || 1}, minmax(0, 1fr))`;
  function paint(preview) {
    const map = typeof preview === "number" ? preview : Number(step.value);
    canvas.getContext("2d").putImageData(cells(map), 0, 0);
    choices.forEach((button, n) => button.setAttribute("aria-pressed", n === map));
    stage.setAttribute("aria-label", `${names[map]}: ${round(drawing.low[map])} – ${round(drawing.high[map])} ${word(drawing.unit)}`);
    canvas.style.opacity = part(".overlay").value;
    part("output").textContent = names[map];
    part(".high").textContent = round(drawing.high[map]);
    part(".low").textContent = round(drawing.low[map]);
  }
  const stage = part(".stage");
  step.oninput = part(".overlay").oninput = () => paint();
  paint();

  // A patch under the pointer is marked, at the same place, in every map of the page.
  stage.onpointermove = ({clientX, clientY}) => {
    const box = stage.getBoundingClientRect();
    const at = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    dispatchEvent(new CustomEvent("loupe-patch", {detail: at.map((x) => Math.min(Math.max(x, 0), 0.9999))}));
  };
  if (drawing.picks) {
    stage.classList.add("pickable");
    stage.title = word("Click a patch to ask from there; click it again to let go");
    stage.onclick = ({clientX, clientY}) => {
      const box = stage.getBoundingClientRect(), inside = (x) => Math.min(Math.max(x, 0), 0.9999);
      const row = Math.floor(inside((clientY - box.top) / box.height) * rows);
      const column = Math.floor(inside((clientX - box.left) / box.width) * columns);
      const same = drawing.picked?.[0] === row && drawing.picked?.[1] === column;
      pick(drawing.picks, same ? "" : `${row},${column}`);
    };
    if (drawing.picked) frame(part(".picked"), ...drawing.picked);
    part(".picked").hidden = !drawing.picked;
  }
  stage.onpointerleave = () => dispatchEvent(new CustomEvent("loupe-patch", {detail: null}));
  function frame(mark, row, column) {
    Object.assign(mark.style, {left: `${100 * column / columns}%`, top: `${100 * row / rows}%`,
      width: `${100 / columns}%`, height: `${100 / rows}%`});
  }
  function point({detail}) {
    mark.hidden = tip.hidden = !detail;
    if (!detail) return;
    const [column, row] = [Math.floor(detail[0] * columns), Math.floor(detail[1] * rows)];
    frame(mark, row, column);
    tip.textContent = `${round(value(Number(step.value), row, column))} · ${row + 1}, ${column + 1}`;
    Object.assign(tip.style, {left: `${100 * (column + 0.5) / columns}%`, top: `${100 * row / rows}%`});
  }
  addEventListener("loupe-patch", point);

  return {
    close: () => removeEventListener("loupe-patch", point),
    state: () => ({count, step: Number(step.value), overlay: part(".overlay").value}),
    png: () => new Promise((resolve) => {
      const page = Object.assign(document.createElement("canvas"), {width, height}), pen = page.getContext("2d");
      pen.drawImage(part("img"), 0, 0, width, height);
      pen.globalAlpha = Number(part(".overlay").value);
      pen.imageSmoothingEnabled = false;
      pen.drawImage(canvas, 0, 0, width, height);
      page.toBlob(resolve, "image/png");
    }),
    data: () => ({model: drawing.model, version: drawing.version, unit: drawing.unit, slider: drawing.slider,
      maps: drawing.names.map((name, map) => ({name, values: Array.from({length: rows}, (_, row) =>
        Array.from({length: columns}, (_, column) => value(map, row, column)))}))}),
  };
}
