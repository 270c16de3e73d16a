// What the drawings of words share: numbers out of bytes, chips, bars, tables of coloured cells, a picture of it all.

import {ink, viridis} from "../kinds/viridis.js";

/** {shape, type, bytes} as it was packed -> Float32Array. */
export function floats({type, bytes}) {
  const raw = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  if (type === "<f4") return new Float32Array(raw.buffer);
  return Float32Array.from(new Uint16Array(raw.buffer), (half) => {
    const power = (half >> 10) & 31, rest = half & 1023;
    return (half & 32768 ? -1 : 1) * (power ? 2 ** (power - 15) * (1 + rest / 1024) : 2 ** -14 * (rest / 1024));
  });
}

export function make(tag, className = "", text = "", more = {}) {
  return Object.assign(document.createElement(tag), {className, textContent: text, ...more});
}

const NAMES = {"<|endoftext|>": "[end]", "<|startoftext|>": "[start]"};

/** A token as it is shown: a space that begins a word is left out, one that is all spaces is drawn. */
export const shown = (token) => (NAMES[token] ?? token.trim()) || token.replace(/ /g, "␣").replace(/\n/g, "↵").replace(/\t/g, "⇥") || "∅";

export const percent = (x) => (x >= 0.0995 ? `${Math.round(100 * x)} %` : x >= 0.001 ? `${(100 * x).toFixed(1)} %` : x > 0 ? "< 0.1 %" : "0");

export function softmax(line, temperature = 1) {
  const top = line.reduce((a, b) => Math.max(a, b), -Infinity), raised = Array.from(line, (x) => Math.exp((x - top) / temperature));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((x) => x / sum);
}

export const multiply = (a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));
export const turned = (table) => table[0].map((_, j) => table.map((row) => row[j]));

/** Bars one below the other: [{name, value, note, mark, faint}] -> <ol>; act(index) makes them buttons. */
export function bars(items, act) {
  const list = make("ol", "word-bars"), most = Math.max(...items.map((item) => item.value), 1e-9);
  items.forEach((item, index) => {
    const line = make("li", `${item.mark ? "mark" : ""} ${item.faint ? "faint" : ""}`);
    const row = make(act && !item.faint ? "button" : "div", "row");
    const track = make("span", "track"), bar = make("span", "fill");
    bar.style.width = `${100 * item.value / most}%`;
    track.append(bar);
    if (item.was !== undefined) {
      const was = make("span", "was");
      was.style.left = `${Math.min(100, 100 * item.was / most)}%`;
      track.append(was);
    }
    row.append(make("span", "name verbatim", shown(item.name), {title: JSON.stringify(item.name)}), track, make("span", "value verbatim", item.note ?? percent(item.value)));
    if (row.tagName === "BUTTON") row.onclick = () => act(index);
    line.append(row);
    list.append(line);
  });
  return list;
}

export const signed = (x) => { // blue below 0, orange above, as bright as the theme's ground in between
  const to = x < 0 ? [0, 114, 178] : [213, 94, 0], share = Math.min(1, Math.abs(x));
  return `color-mix(in srgb, rgb(${to.join(" ")}) ${(100 * share).toFixed(1)}%, var(--loupe-card))`;
};

/** A table of coloured cells with its rows' and columns' names; tell(row, column) hears what is pointed at. */
export function cells(table, {rows, columns = [], scale = "share", numbers = false, tell, of}) {
  const finite = table.flat().filter(Number.isFinite), edge = Math.max(...finite.map(Math.abs), 1e-9);
  const top = of ?? (scale === "share" ? 1 : edge), grid = make("div", `word-cells ${numbers ? "numbers" : ""} ${columns.length ? "" : "narrow"}`);
  grid.style.gridTemplateColumns = `minmax(40px, max-content) repeat(${table[0].length}, minmax(${numbers ? 34 : columns.length ? 14 : 3}px, 1fr))`;
  grid.classList.toggle("upright", columns.length * Math.max(...columns.map((name) => shown(name).length)) <= 48);
  if (columns.length) grid.append(make("span"), ...columns.map((name) => make("span", "top verbatim", shown(name), {title: name})));
  table.forEach((line, i) => {
    grid.append(make("span", "side verbatim", shown(rows[i]), {title: rows[i]}));
    line.forEach((value, j) => {
      const cell = make("span", "cell verbatim");
      if (!Number.isFinite(value)) cell.classList.add("hidden-cell");
      else if (scale === "share") {
        const [r, g, b] = viridis(value / top);
        cell.style.background = `rgb(${r} ${g} ${b})`;
        cell.style.color = ink([r, g, b]);
      } else cell.style.background = signed(value / top);
      if (numbers) cell.textContent = Number.isFinite(value) ? (Math.abs(value) >= 9.95 ? value.toFixed(0) : Math.abs(value) >= 0.995 ? value.toFixed(1) : value.toFixed(2).replace("0.", ".")) : "−∞";
      cell.onpointerenter = () => tell?.(i, j, value);
      grid.append(cell);
    });
  });
  return grid;
}

/** What stands in this element as a PNG, with the styles that it has now. */
export async function picture(element) {
  const {width, height} = element.getBoundingClientRect(), copy = element.cloneNode(true);
  const from = [element, ...element.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((node, n) => {
    const style = getComputedStyle(node);
    to[n].setAttribute("style", Array.from(style, (name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  });
  copy.style.background = getComputedStyle(document.documentElement).getPropertyValue("--loupe-card");
  const code = new XMLSerializer().serializeToString(copy);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="100%" height="100%">${code}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const page = Object.assign(document.createElement("canvas"), {width: 2 * width, height: 2 * height}), pen = page.getContext("2d");
  pen.scale(2, 2);
  pen.drawImage(image, 0, 0);
  return new Promise((resolve) => page.toBlob(resolve, "image/png"));
}

/** A named range: <label>, its input and what it says. */
export function slider(name, {min, max, step, value}) {
  const label = make("label"), input = make("input", "", "", {type: "range", min, max, step}), said = make("output");
  input.value = value;
  input.setAttribute("aria-label", name);
  label.append(make("span", "", name), input, said);
  return {label, input, said};
}

export function choice(name, options, value) {
  const label = make("label"), select = make("select");
  select.setAttribute("aria-label", name);
  options.forEach(([key, text]) => select.append(make("option", "", text, {value: key})));
  select.value = value;
  label.append(make("span", "", name), select);
  return {label, select};
}
