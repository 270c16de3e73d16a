// Every patch in the colour of its likeliest class; the one under the pointer says its first three.

const COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"], OTHER = "#7A7A7A";
const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

export function draw(place, drawing, {kept, word = (text) => text}) {
  const [layers, rows, columns, ranks] = drawing.shape, [width, height] = drawing.size;
  place.classList.add("patch-classes");
  place.innerHTML = `<p class="own"><span>the whole picture</span></p>
    <div class="stage" role="img"><img alt="" draggable="false"><canvas></canvas><div class="mark" hidden></div></div>
    <p class="told verbatim"></p><div class="legend" role="group"></div>
    <div class="sliders"><label><span>layer</span><input class="layer" type="range" min="0" step="1"><output></output></label>
      <label><span>overlay</span><input class="overlay" type="range" min="0" max="1" step="0.05" value="0.75"></label></div>`;
  const part = (name) => place.querySelector(name);
  const [canvas, stage, layer, overlay, mark, told] = [".stage canvas", ".stage", ".layer", ".overlay", ".mark", ".told"].map(part);
  const named = (text) => text.replace(/\b(after layer|stage|embedded|head)\b/g, (found) => word(found));
  let lit = null;
  part("img").src = drawing.picture;
  stage.style.aspectRatio = `${width} / ${height}`;
  place.style.setProperty("--ratio", width / height);
  for (const [name, share] of drawing.own) part(".own").append(Object.assign(document.createElement("b"), {className: "verbatim", textContent: `${name} ${percent(share)}`}));
  layer.max = layers - 1;
  layer.value = kept?.layers === layers ? kept.layer : layers - 1;
  layer.closest("label").hidden = layers < 2;
  if (kept) overlay.value = kept.overlay;
  const colour = (number) => COLOURS[drawing.named.indexOf(number)] ?? OTHER;
  const first = (at) => ((Number(layer.value) * rows * columns) + at) * ranks;

  const chips = [...drawing.named, null].map((number) => {
    const chip = Object.assign(document.createElement("button"), {className: number === null ? "" : "verbatim"});
    const swatch = document.createElement("i");
    swatch.style.background = number === null ? OTHER : colour(number);
    chip.append(swatch, number === null ? word("other classes") : drawing.words[number]);
    chip.onpointerenter = chip.onfocus = () => { lit = number === null ? -1 : number; paint(); };
    chip.onpointerleave = chip.onblur = () => { lit = null; paint(); };
    part(".legend").append(chip);
    return [number, chip];
  });
  function paint() {
    const sharp = devicePixelRatio || 1, wide = stage.clientWidth || 320, high = wide * height / width;
    Object.assign(canvas, {width: Math.round(wide * sharp), height: Math.round(high * sharp)});
    const pen = canvas.getContext("2d"), seen = new Set();
    pen.scale(sharp, sharp);
    for (let at = 0; at < rows * columns; at++) {
      const number = drawing.best[first(at)], share = drawing.shares[first(at)], among = drawing.named.includes(number);
      seen.add(among ? number : null);
      pen.globalAlpha = Number(overlay.value) * (lit === null || lit === (among ? number : -1) ? 0.45 + 0.55 * share : 0.06);
      pen.fillStyle = colour(number);
      pen.fillRect(at % columns * wide / columns, Math.floor(at / columns) * high / rows, wide / columns - 1, high / rows - 1);
    }
    for (const [number, chip] of chips) chip.hidden = !seen.has(number);
    part("output").textContent = named(drawing.layers[Number(layer.value)]);
    stage.setAttribute("aria-label", `${part("output").textContent}: ${drawing.named.map((number) => drawing.words[number]).join(", ")}`);
  }
  const inside = (x) => Math.min(Math.max(x, 0), 0.9999);
  stage.onpointermove = ({clientX, clientY}) => {
    const box = stage.getBoundingClientRect();
    dispatchEvent(new CustomEvent("loupe-patch", {detail: [(clientX - box.left) / box.width, (clientY - box.top) / box.height].map(inside)}));
  };
  stage.onpointerleave = () => dispatchEvent(new CustomEvent("loupe-patch", {detail: null}));
  function point({detail}) {
    mark.hidden = !detail;
    told.textContent = "";
    if (!detail) return;
    const [column, row] = [Math.floor(detail[0] * columns), Math.floor(detail[1] * rows)], at = first(row * columns + column);
    Object.assign(mark.style, {left: `${100 * column / columns}%`, top: `${100 * row / rows}%`, width: `${100 / columns}%`, height: `${100 / rows}%`});
    told.textContent = Array.from({length: ranks}, (_, rank) => `${drawing.words[drawing.best[at + rank]]} ${percent(drawing.shares[at + rank])}`).join(" · ");
  }
  addEventListener("loupe-patch", point);
  layer.oninput = overlay.oninput = paint;
  const watching = new ResizeObserver(paint);
  watching.observe(stage);
  paint();
  return {
    close: () => { watching.disconnect(); removeEventListener("loupe-patch", point); },
    state: () => ({layers, layer: Number(layer.value), overlay: overlay.value}),
    png: () => new Promise((resolve) => {
      const page = Object.assign(document.createElement("canvas"), {width, height}), pen = page.getContext("2d");
      pen.drawImage(part("img"), 0, 0, width, height);
      pen.drawImage(canvas, 0, 0, width, height);
      page.toBlob(resolve, "image/png");
    }),
    data: () => ({model: drawing.model, version: drawing.version, picture: drawing.own, layers: drawing.layers.map((name, n) => ({name,
      patches: Array.from({length: rows * columns}, (_, at) => Array.from({length: ranks}, (_, rank) => {
        const i = (n * rows * columns + at) * ranks + rank;
        return [drawing.words[drawing.best[i]], drawing.shares[i]];
      }))}))}),
  };
}
