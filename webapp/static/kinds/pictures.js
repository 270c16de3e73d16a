// Pictures and small maps side by side with numbers below; one slider turns the steps of all, or plays them; cells to
// click or paint.

import {viridis} from "./viridis.js";

const PALETTE = Uint8ClampedArray.from(Array.from({length: 256}, (_, i) => [...viridis(i / 255), 255]).flat());
const round = (x) => Number(x.toPrecision(3)).toString();
const element = (tag, values, ...children) => {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
};

export async function draw(place, drawing, {kept, pick, word = (text) => text}) {
  const same = kept?.names === drawing.pictures.map((picture) => picture.name).join();
  let step = Math.min(same && kept.steps === drawing.steps.length ? kept.step : drawing.start, Math.max(0, drawing.steps.length - 1));
  let brush = same ? kept.brush : null;
  const closing = [];
  const said = (text) => text.replace(/[A-Za-z][A-Za-z'’+ ×-]*[A-Za-z]/g, (part) => word(part));
  place.classList.add("pictures");
  const row = element("div", {className: "row"});
  row.classList.toggle("firm", Boolean(drawing.firm));
  if (drawing.columns) row.style.gridTemplateColumns = `repeat(${drawing.columns}, minmax(0, 1fr))`;
  place.append(row);

  const shown = await Promise.all(drawing.pictures.map(async (picture) => {
    const canvas = element("canvas"), stage = element("div", {className: "stage"}, canvas);
    const [note, name] = [element("p", {className: "numbers"}), element("p", {className: "name", textContent: said(picture.name)})];
    const figure = element("figure", {}, stage, name, note);
    if (picture.ends) figure.append(element("p", {className: "ends", innerHTML: "<span></span><i></i><span></span>"}));
    if (picture.ends) figure.querySelectorAll(".ends span").forEach((end, n) => { end.textContent = round(picture.ends[n]); });
    figure.classList.toggle("wide", picture.wide);
    row.append(figure);
    const frames = picture.frames
      ? await Promise.all(picture.frames.map(async (address) => {
        const image = element("img", {src: address});
        await image.decode();
        return image;
      }))
      : maps(picture);
    Object.assign(canvas, {width: frames[0].width, height: frames[0].height});
    stage.setAttribute("role", "img");
    return {picture, frames, canvas, stage, note};
  }));

  function maps({levels, shape: [count, rows, columns]}) {
    const bytes = Uint8Array.from(atob(levels), (letter) => letter.charCodeAt(0));
    return Array.from({length: count}, (_, map) => {
      const pixels = new ImageData(columns, rows);
      for (let i = 0; i < rows * columns; i++) {
        const level = bytes[map * rows * columns + i] * 4;
        pixels.data.set(PALETTE.subarray(level, level + 4), i * 4);
      }
      const canvas = element("canvas", {width: columns, height: rows});
      canvas.getContext("2d").putImageData(pixels, 0, 0);
      return canvas;
    });
  }
  const of = (list) => list.length > 1 ? list[step] : list[0];
  function paint() {
    for (const {picture, frames, canvas, stage, note} of shown) {
      canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
      canvas.getContext("2d").drawImage(of(frames), 0, 0);
      note.textContent = said(of(picture.notes) ?? "");
      stage.setAttribute("aria-label", [said(picture.name), note.textContent].filter(Boolean).join(": "));
    }
    if (slider) [slider.value, output.textContent] = [step, said(drawing.steps[step])];
    turned.forEach((shade) => shade());
  }
  const turned = [];
  let slider = null, output = null, playing = 0, again = null;
  if (drawing.steps.length > 1) {
    slider = element("input", {type: "range", min: 0, max: drawing.steps.length - 1, step: 1});
    output = element("output");
    slider.oninput = () => { stop(); step = Number(slider.value); paint(); };
    const play = element("button", {className: "play", type: "button"});
    const wait = drawing.film ? 180 : Math.min(500, Math.max(120, 4000 / drawing.steps.length));  // milliseconds a step
    const last = drawing.steps.length - 1;
    const tell = () => {
      play.textContent = playing ? "❚❚" : "▶";
      play.title = word(playing ? "Pause" : "Play");
      play.setAttribute("aria-label", play.title);
    };
    const stop = () => { clearInterval(playing); playing = 0; tell(); };
    play.onclick = () => {
      if (playing) return stop();
      if (step === last) { step = 0; paint(); }
      playing = setInterval(() => {
        if (drawing.film && !place.offsetParent) return;  // in a tab that is not open
        step = drawing.film ? (step + 1) % (last + 1) : Math.min(step + 1, last);
        paint();
        if (!drawing.film && step === last) stop();
      }, wait);
      tell();
    };
    closing.push(stop);
    tell();
    again = () => play.click();
    place.append(element("div", {className: "turning"}, play,
      element("label", {className: "turn"}, element("span", {textContent: said(drawing.slider)}), slider, output)));
  }
  for (const curve of drawing.curves ?? []) place.append(lines(curve));
  // Lines over one axis; the mark stands where the slider stands, and the values beside the names are those there.
  function lines({title, names, values, places, ends: [low, high], colours}) {
    const draw = (tag, values) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(values)) made.setAttribute(name, value);
      return made;
    };
    const stage = draw("svg", {viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true"});
    const height = (value) => 98 - 96 * (value - low) / ((high - low) || 1);
    for (const level of low < 0 && high > 0 ? [low, 0, high] : [low, high]) {
      stage.append(draw("path", {class: "level", d: `M0 ${height(level)}H100`}));
    }
    const mark = stage.appendChild(draw("path", {class: "mark"}));
    values.forEach((line, n) => {
      const along = line.length === places.length ? places : line.map((_, i) => i / (line.length - 1));
      const d = line.map((value, i) => `${i ? "L" : "M"}${(100 * along[i]).toFixed(2)} ${height(value).toFixed(2)}`).join("");
      stage.append(draw("path", {class: "line", d, stroke: colours[n % colours.length]}));
    });
    const legend = element("p", {className: "legend"}), told = names.map((name, n) => {
      const swatch = element("i"), value = element("b");
      swatch.style.background = colours[n % colours.length];
      legend.append(element("span", {}, swatch, said(name), " ", value));
      return value;
    });
    turned.push(() => {
      const at = places[step] ?? 0;
      mark.setAttribute("d", `M${100 * at} 0V100`);
      values.forEach((line, n) => {
        const i = line.length === places.length ? step : Math.round(at * (line.length - 1));
        told[n].textContent = Number(line[i].toPrecision(2)).toString();
      });
    });
    const scale = element("span", {className: "scale"}, element("span", {textContent: round(high)}), element("span", {textContent: round(low)}));
    return element("div", {className: "curves"}, element("p", {className: "name", textContent: said(title)}),
      element("div", {className: "field"}, scale, stage), legend);
  }
  for (const {title, names, values, colours, notes} of drawing.bars) {
    const block = element("div", {className: "bars"}, element("p", {className: "name", textContent: said(title)}));
    const lines = names.map((name, n) => {
      const bar = element("i"), share = element("span", {className: "share"});
      bar.style.background = colours[n] ?? "var(--loupe-accent)";
      block.append(element("div", {}, element("span", {textContent: said(name)}), element("span", {className: "track"}, bar),
        share, element("span", {className: "why", textContent: said(notes[n] ?? "")})));
      return {bar, share};
    });
    place.append(block);
    turned.push(() => lines.forEach(({bar, share}, n) => {
      const value = of(values)[n];
      bar.style.width = `${100 * value}%`;
      share.textContent = `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;
    }));
  }
  if (drawing.note) place.append(element("p", {className: "note", textContent: said(drawing.note)}));
  paint();
  const begun = drawing.film && !same && !matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (begun || (same && kept.playing && (drawing.film || step < drawing.steps.length - 1))) again?.();  // a new answer does not stop it
  drawing.grids.forEach(over);

  // Cells over a picture: what is painted is seen at once, and asked for when the pointer is let go.
  function over(grid) {
    const {stage, note} = shown[grid.over], {rows, columns, way} = grid, count = rows * columns;
    const net = element("canvas", {className: "net", width: columns, height: rows}), pen = net.getContext("2d");
    const frame = element("div", {className: "cell", hidden: true}), told = element("p", {className: "hint"});
    stage.append(net, frame);
    stage.classList.add("live");
    told.textContent = word(grid.hint);
    note.after(told);
    let mask = Array.from({length: count}, (_, n) => grid.value[n] === "1"), put = new Map(), setting = true, held = false;
    if (way === "draw") for (const one of grid.value.split(";").filter(Boolean)) {
      const [r, c, number] = one.split(",").map(Number);
      put.set(r * columns + c, number);
    }
    const cell = (value) => { const [r, c] = value.split(",").map(Number); return way === "cell" && value ? r * columns + c : -1; };
    const chosen = cell(grid.value), marked = cell(grid.value || grid.mark);
    const accent = getComputedStyle(place).getPropertyValue("--loupe-accent");
    function shade() {
      pen.clearRect(0, 0, columns, rows);
      for (let n = 0; n < count; n++) {
        const lit = way === "turn" ? grid.numbers[n] === step : way === "mask" ? mask[n] : way === "draw" ? put.has(n) : way === "brush" ? brush !== null && (grid.numbers[n] ?? n) === brush : n === marked;
        if (!lit) continue;
        pen.fillStyle = way === "mask" ? "#444c" : accent;
        pen.globalAlpha = {mask: 1, turn: 0.3}[way] ?? 0.55;
        pen.fillRect(n % columns, Math.floor(n / columns), 1, 1);
      }
    }
    const at = ({clientX, clientY}) => {
      const box = stage.getBoundingClientRect(), inside = (x) => Math.min(Math.max(x, 0), 0.9999);
      return Math.floor(inside((clientY - box.top) / box.height) * rows) * columns + Math.floor(inside((clientX - box.left) / box.width) * columns);
    };
    function touch(n) {
      if (way === "mask") mask[n] = setting;
      else if (brush !== null) put.set(n, brush);
      shade();
    }
    stage.onpointerdown = (event) => {
      const n = at(event);
      if (way === "turn") {
        if (grid.numbers[n] >= 0) { step = grid.numbers[n]; paint(); }
        return;
      }
      if (way === "cell") return pick(grid.picks, n === chosen ? "" : `${Math.floor(n / columns)},${n % columns}`);
      if (way === "brush") { brush = grid.numbers[n] ?? brush; dispatchEvent(new CustomEvent("loupe-brush", {detail: place})); return; }
      if (way === "draw" && (event.shiftKey || brush === null)) {
        brush = put.get(n) ?? grid.numbers[n];
        dispatchEvent(new CustomEvent("loupe-brush", {detail: place}));
        return;
      }
      event.preventDefault();
      stage.setPointerCapture(event.pointerId);
      [held, setting] = [true, !mask[n]];
      touch(n);
    };
    stage.onpointermove = (event) => {
      const n = at(event);
      frame.hidden = false;
      Object.assign(frame.style, {left: `${100 * (n % columns) / columns}%`, top: `${100 * Math.floor(n / columns) / rows}%`,
        width: `${100 / columns}%`, height: `${100 / rows}%`});
      if (way === "draw" || way === "brush") stage.title = `${put.get(n) ?? grid.numbers[n] ?? n}`;
      if (held) touch(n);
    };
    stage.onpointerleave = () => { frame.hidden = true; };
    stage.onpointercancel = () => { held = false; };
    stage.onpointerup = () => {
      if (!held) return;
      held = false;
      pick(grid.picks, way === "mask" ? (mask.some(Boolean) ? mask.map(Number).join("") : "")
        : [...put].map(([n, number]) => `${Math.floor(n / columns)},${n % columns},${number}`).join(";"));
    };
    const changed = ({detail}) => { if (detail === place) { shade(); say(); } };
    const say = () => { if (way === "draw" && brush !== null) told.textContent = `${word(grid.hint)} · ${word("code")} ${brush}`; };
    addEventListener("loupe-brush", changed);
    closing.push(() => removeEventListener("loupe-brush", changed));
    if (grid.value && grid.picks && grid.hint) {
      const undo = element("button", {textContent: word("Start over"), className: "undo"});
      undo.onclick = () => pick(grid.picks, "");
      told.append(" ", undo);
    }
    if (way === "turn") turned.push(shade);
    shade();
  }

  return {
    close: () => closing.splice(0).forEach((one) => one()),
    state: () => ({names: drawing.pictures.map((picture) => picture.name).join(), steps: drawing.steps.length, step, brush, playing: Boolean(playing)}),
    png: () => new Promise((resolve) => {
      const side = 256, page = element("canvas", {width: side * shown.length + 12 * (shown.length - 1), height: side}), pen = page.getContext("2d");
      shown.forEach(({canvas}, n) => {
        const scale = side / Math.max(canvas.width, canvas.height);
        pen.imageSmoothingEnabled = scale < 1;
        pen.drawImage(canvas, n * (side + 12), 0, canvas.width * scale, canvas.height * scale);
      });
      page.toBlob(resolve, "image/png");
    }),
    data: () => ({model: drawing.model, version: drawing.version, note: drawing.note, steps: drawing.steps, bars: drawing.bars, curves: drawing.curves,
      pictures: drawing.pictures.map(({name, notes, frames, shape, levels, ends}) => ({name, notes, frames, shape,
        values: levels && Array.from(atob(levels), (letter) => ends[0] + letter.charCodeAt(0) / 255 * (ends[1] - ends[0]))}))}),
  };
}
