// A column a model: the picture with the model's map over it, its classes, and pictures that look alike to it.

import {viridis} from "./viridis.js";

const PALETTE = Uint8ClampedArray.from(Array.from({length: 256}, (_, i) => [...viridis(i / 255), 255]).flat());

export function draw(place, drawing, {kept, word = (text) => text}) {
  place.classList.add("abreast");
  place.innerHTML = `<div class="columns"></div>
    <label class="over"><span>overlay</span><input class="overlay" type="range" min="0" max="1" step="0.05" value="0.6"></label>`;
  const overlay = place.querySelector(".overlay"), made = drawing.columns.map(column);
  place.querySelector(".columns").append(...made.map(({node}) => node));
  if (kept) overlay.value = kept.overlay;
  overlay.oninput = () => made.forEach(({map}) => { map.style.opacity = overlay.value; });
  overlay.oninput();

  function element(tag, className, text = "") {
    return Object.assign(document.createElement(tag), {className, textContent: text});
  }
  function column(one) {
    const node = element("section", one.chosen ? "one chosen" : "one"), [rows, wide] = one.shape;
    const stage = element("div", "stage"), picture = Object.assign(new Image(), {src: one.picture, alt: ""});
    const map = Object.assign(document.createElement("canvas"), {width: wide, height: rows});
    const bytes = Uint8Array.from(atob(one.levels), (letter) => letter.charCodeAt(0)), pixels = new ImageData(wide, rows);
    bytes.forEach((level, i) => pixels.data.set(PALETTE.subarray(level * 4, level * 4 + 4), i * 4));
    map.getContext("2d").putImageData(pixels, 0, 0);
    stage.style.aspectRatio = `${one.size[0]} / ${one.size[1]}`;
    stage.append(picture, map);
    const list = element("ol", "classes");
    for (const [name, share] of one.classes) {
      const row = element("li", ""), bar = element("span", "fill");
      bar.style.width = `${100 * share}%`;
      row.title = `${name} ${(100 * share).toFixed(1)} %`;
      row.append(bar, element("span", "name verbatim", name), element("span", "share", `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`));
      list.append(row);
    }
    const near = element("div", "near");
    for (const [source, cosine] of one.near) {
      const small = Object.assign(new Image(), {src: source, alt: "", title: `${word("cosine")} ${cosine.toFixed(3)}`});
      near.append(small);
    }
    if (!one.near.length) near.append(element("span", "waiting", word("looking for what is alike…")));
    node.append(element("h3", "verbatim", one.title), stage, list, near);
    return {node, map, picture};
  }
  return {
    state: () => ({overlay: overlay.value}),
    png: () => new Promise((resolve) => {
      const page = document.createElement("canvas"), side = 320, gap = 12, foot = 90;
      Object.assign(page, {width: made.length * (side + gap) - gap, height: side + foot});
      const pen = page.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, page.width, page.height);
      made.forEach(({map, picture}, n) => {
        const one = drawing.columns[n], scale = side / Math.max(...one.size), left = n * (side + gap);
        const box = [left, 0, one.size[0] * scale, one.size[1] * scale];
        pen.globalAlpha = 1;
        pen.drawImage(picture, ...box);
        pen.globalAlpha = Number(overlay.value);
        pen.imageSmoothingEnabled = false;
        pen.drawImage(map, ...box);
        pen.globalAlpha = 1;
        pen.fillStyle = "#1b1d22";
        pen.font = "600 16px sans-serif";
        pen.fillText(one.title, left, side + 24, side);
        pen.font = "14px sans-serif";
        one.classes.slice(0, 2).forEach(([name, share], k) => pen.fillText(`${name} ${(100 * share).toFixed(1)} %`, left, side + 48 + 22 * k, side));
      });
      page.toBlob(resolve, "image/png");
    }),
    data: () => ({model: drawing.model, version: drawing.version, compared: drawing.compared,
      models: drawing.columns.map((one) => ({title: one.title, classes: one.classes, shape: one.shape, high: one.high,
        map: Array.from(atob(one.levels), (letter) => letter.charCodeAt(0) / 255 * one.high), cosines: one.near.map(([, cosine]) => cosine)}))}),
  };
}
