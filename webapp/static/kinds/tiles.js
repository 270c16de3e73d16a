// Many small maps or pictures side by side; a click enlarges one, a map over the picture it was made from.

import {viridis} from "./viridis.js";

const PALETTE = Array.from({length: 256}, (_, i) => viridis(i / 255));
const GAP = 3;
const round = (x) => Number(x.toPrecision(2)).toString();

export function draw(place, drawing, {kept}) {
  place.classList.add("tiles");
  place.innerHTML = `<div class="parts" role="group"></div>
    <div class="side"><div class="large"><img alt="" draggable="false" hidden><canvas></canvas></div><p class="named"></p></div>
    <div class="grid"><canvas tabindex="0" role="application"></canvas></div><p class="note"></p>`;
  const part = (name) => place.querySelector(name);
  const [grid, large, image] = [part(".grid canvas"), part(".large canvas"), part(".large img")];
  const same = kept?.names?.join() === drawing.sections.map((section) => section.name).join();
  // Where the order is a place in the picture, the middle one is seen first: corners are often empty.
  const first = ({columns: wide, names}) => (wide ? Math.floor(names.length / wide / 2) * wide + Math.floor(wide / 2) : 0);
  let now = same ? kept.section : drawing.start, chosen = same ? kept.chosen : first(drawing.sections[drawing.start]), sprites = [], columns = 1, size = [1, 1];
  if (drawing.picture) { image.src = drawing.picture; image.hidden = false; }

  drawing.sections.forEach(({name}, number) => {
    const button = Object.assign(document.createElement("button"), {textContent: name});
    button.onclick = () => { now = number; chosen = first(drawing.sections[number]); show(); };
    part(".parts").append(button);
  });
  part(".parts").setAttribute("aria-label", drawing.picker);
  part(".parts").hidden = drawing.sections.length < 2;

  function sprite(section, number) {
    const [, rows, wide, channels] = section.shape, length = rows * wide * (channels ?? 1);
    const pixels = new ImageData(wide, rows);
    for (let i = 0; i < rows * wide; i++) {
      const at = number * length + i * (channels ?? 1);
      const rgb = channels ? section.bytes.subarray(at, at + 3) : PALETTE[section.bytes[at]];
      pixels.data.set([...rgb, 255], i * 4);
    }
    const canvas = Object.assign(document.createElement("canvas"), {width: wide, height: rows});
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    return canvas;
  }
  function show() {
    const section = drawing.sections[now];
    section.bytes ??= Uint8Array.from(atob(section.levels), (letter) => letter.charCodeAt(0));
    sprites = section.sprites ??= section.names.map((_, number) => sprite(section, number));
    [...part(".parts").children].forEach((button, number) => button.setAttribute("aria-pressed", number === now));
    grid.setAttribute("aria-label", section.name);
    part(".note").textContent = section.note;
    const single = sprites.length === 1;
    part(".grid").hidden = single;
    place.classList.toggle("single", single);
    layOut();
    enlarge();
  }
  function layOut() {
    const section = drawing.sections[now], [, rows, wide] = section.shape, sharp = devicePixelRatio || 1;
    const room = part(".grid").clientWidth || 320, gap = section.columns > 24 ? 1 : GAP;
    columns = section.columns || Math.max(4, Math.min(sprites.length, Math.ceil(Math.sqrt(sprites.length * 1.6))));
    size = [(room - gap * (columns - 1)) / columns, 0];
    size[1] = size[0] * rows / wide;
    size[2] = gap;
    const down = Math.ceil(sprites.length / columns), height = down * (size[1] + gap) - gap;
    grid.style.height = `${height}px`;
    Object.assign(grid, {width: Math.round(room * sharp), height: Math.round(height * sharp)});
    const pen = grid.getContext("2d");
    pen.scale(sharp, sharp);
    pen.imageSmoothingEnabled = size[0] * sharp < wide;
    sprites.forEach((one, number) => pen.drawImage(one, ...at(number), size[0], size[1]));
    pen.strokeStyle = getComputedStyle(place).getPropertyValue("--loupe-accent");
    pen.lineWidth = 2;
    const [x, y] = at(chosen);
    pen.strokeRect(x + 1, y + 1, size[0] - 2, size[1] - 2);
  }
  const at = (number) => [(number % columns) * (size[0] + size[2]), Math.floor(number / columns) * (size[1] + size[2])];
  function enlarge() {
    const section = drawing.sections[now], [, rows, wide, channels] = section.shape;
    Object.assign(large, {width: wide, height: rows});
    large.getContext("2d").drawImage(sprites[chosen], 0, 0);
    const over = drawing.picture && !channels;
    image.hidden = !over;
    large.style.opacity = over ? 0.75 : 1;
    part(".large").style.aspectRatio = over ? `${drawing.size[0]} / ${drawing.size[1]}` : `${wide} / ${rows}`;
    const [low, high] = section.ends[chosen];
    part(".named").textContent = [section.names[chosen], channels ? "" : `${round(low)} … ${round(high)}`].filter(Boolean).join(" · ");
  }
  function choose(number) {
    if (number < 0 || number >= sprites.length) return;
    chosen = number;
    layOut();
    enlarge();
  }
  function under({offsetX, offsetY}) {
    const column = Math.floor(offsetX / (size[0] + size[2])), row = Math.floor(offsetY / (size[1] + size[2]));
    return column < columns ? row * columns + column : -1;
  }
  grid.onclick = (event) => choose(under(event));
  grid.onpointermove = (event) => { grid.title = drawing.sections[now].names[under(event)] ?? ""; };
  grid.onkeydown = (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns}[event.key];
    if (step) { event.preventDefault(); choose(chosen + step); }
  };
  const watching = new ResizeObserver(() => layOut());
  addEventListener("loupe-theme", layOut);
  show();
  watching.observe(part(".grid"));
  return {
    close: () => { watching.disconnect(); removeEventListener("loupe-theme", layOut); },
    state: () => ({names: drawing.sections.map((section) => section.name), section: now, chosen}),
    png: () => new Promise((resolve) => (sprites.length > 1 ? grid : large).toBlob(resolve, "image/png")),
    data: () => ({model: drawing.model, version: drawing.version, section: drawing.sections[now].name,
      note: drawing.sections[now].note, tiles: drawing.sections[now].names.map((name, number) => {
        const {bytes, shape: [, rows, wide, channels = 1], ends} = drawing.sections[now], length = rows * wide * channels;
        const [low, high] = ends[number];
        return {name, shape: [rows, wide, channels],
          values: Array.from(bytes.subarray(number * length, (number + 1) * length), (level) => low + level / 255 * (high - low))};
      })}),
  };
}
