// A codebook as a palette, a map or bars of use; a clicked code shows the patches that are written with it.

const MODES = ["palette", "map", "use"];
const element = (tag, values, ...children) => {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
};
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export async function draw(place, drawing, {kept, pick, word = (text) => text}) {
  const {counts, own, palette, places, code, cells} = drawing;
  const bytes = Uint8Array.from(atob(drawing.colours), (letter) => letter.charCodeAt(0));
  const shade = (n) => `rgb(${bytes[3 * n]}, ${bytes[3 * n + 1]}, ${bytes[3 * n + 2]})`;
  const order = counts.map((_, n) => n).sort((a, b) => counts[b] - counts[a] || a - b);
  const most = Math.max(1, counts[order[0]]);
  let mode = kept?.mode ?? "palette", hovered = -1;
  place.classList.add("codebook");

  const tabs = element("div", {className: "modes", role: "group"});
  const buttons = MODES.map((name) => {
    const button = element("button", {textContent: word(name)});
    button.onclick = () => { mode = name; paint(); };
    tabs.append(button);
    return button;
  });
  const field = element("input", {type: "number", min: 0, max: counts.length - 1, value: code ?? "", ariaLabel: word("code"), placeholder: word("code")});
  field.onchange = () => pick("code", field.value.trim());
  tabs.append(field);
  const canvas = element("canvas", {width: 720, height: 480}), told = element("p", {className: "told"});
  canvas.setAttribute("role", "img");
  const facts = element("p", {className: "facts"});
  const dead = counts.length - drawing.used;
  facts.append(...[[drawing.used, `${word("of")} ${counts.length} ${word("codes in use")}`], [dead, word("dead")],
    [drawing.perplexity, word("perplexity")], [drawing.ownPerplexity, word("of your picture")], [drawing.pictures, word("pictures looked at")]]
    .map(([value, name]) => element("span", {}, element("b", {textContent: value}), ` ${name}`)));
  place.append(facts, tabs, canvas, told);

  // Where each code is drawn: x, y and size in the canvas.
  function marks() {
    const {width, height} = canvas;
    if (mode === "palette") {
      const across = Math.ceil(Math.sqrt(palette.length)), [w, h] = [width / across, height / Math.ceil(palette.length / across)];
      return palette.map((n, i) => ({n, x: (i % across) * w, y: Math.floor(i / across) * h, w, h}));
    }
    if (mode === "map") {
      return order.map((n) => {
        const r = 3 + 9 * Math.sqrt(counts[n] / most);
        return {n, x: 14 + places[n][0] * (width - 28) - r, y: 14 + (1 - places[n][1]) * (height - 28) - r, w: 2 * r, h: 2 * r, round: true};
      });
    }
    const wide = width / counts.length;
    return order.map((n, i) => {
      const high = counts[n] ? Math.max(3, height * Math.log1p(counts[n]) / Math.log1p(most)) : 0;
      return {n, x: i * wide, y: height - high, w: Math.max(wide, 0.5), h: high};
    });
  }
  let drawn = [];
  function paint() {
    buttons.forEach((button, n) => button.setAttribute("aria-pressed", MODES[n] === mode));
    canvas.setAttribute("aria-label", `${word("The codebook")}: ${word(mode)}`);
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    drawn = marks();
    for (const {n, x, y, w, h, round} of drawn) {
      pen.globalAlpha = counts[n] ? 1 : 0.28;
      pen.fillStyle = shade(n);
      pen.strokeStyle = colour("--loupe-muted");
      pen.lineWidth = 1;
      if (round) {
        pen.beginPath();
        pen.arc(x + w / 2, y + h / 2, w / 2, 0, 7);
        if (counts[n]) pen.fill();
        pen.stroke();
      } else {
        pen.fillRect(x, y, w + (mode === "use" ? 0.5 : -1), h - (mode === "palette" ? 1 : 0));
      }
    }
    pen.globalAlpha = 1;
    for (const [n, line] of [[code, colour("--loupe-accent")], [hovered, colour("--loupe-ink")]]) {
      const mark = drawn.find((one) => one.n === n);
      if (!mark) continue;
      Object.assign(pen, {strokeStyle: line, lineWidth: 3});
      pen.strokeRect(mark.x - 2, mark.y - 2, mark.w + 4, Math.max(mark.h, 4) + 4);
    }
    const n = hovered >= 0 ? hovered : code;
    told.textContent = n === null || n === undefined ? word("Click a code to see where it is used.")
      : `${word("code")} ${n} · ${counts[n]} ${word("cells")} · ${own[n]} ${word("of your picture")}${counts[n] ? "" : ` · ${word("dead")}`}`;
  }
  const at = (event) => {
    const box = canvas.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * canvas.width, y = (event.clientY - box.top) / box.height * canvas.height;
    const near = mode === "use" ? drawn.find((m) => x >= m.x && x < m.x + m.w) : drawn.findLast((m) => x >= m.x && x < m.x + m.w && y >= m.y && y < m.y + m.h);
    return near?.n ?? -1;
  };
  canvas.onpointermove = (event) => { const n = at(event); if (n !== hovered) { hovered = n; paint(); } };
  canvas.onpointerleave = () => { hovered = -1; paint(); };
  canvas.onclick = (event) => { const n = at(event); if (n >= 0) pick("code", n === code ? "" : `${n}`); };

  if (code !== null) {
    const swatch = element("i", {className: "swatch"});
    swatch.style.background = shade(code);
    place.append(element("p", {className: "name"}, swatch, cells.length
      ? ` ${word("code")} ${code}: ${counts[code]} ${word("cells")}, ${drawing.holders} ${word("pictures")}` : ` ${word("code")} ${code}: ${word("no picture uses it")}`));
    const share = 100 / (2 * drawing.around + 1);
    place.append(element("div", {className: "patches"}, ...drawing.patches.map((address, n) => {
      const frame = element("i");
      Object.assign(frame.style, {left: `${drawing.around * share}%`, top: `${drawing.around * share}%`, width: `${share}%`, height: `${share}%`});
      return element("span", {title: `${word("picture")} ${cells[n][0]}: ${cells[n][1]}, ${cells[n][2]}`}, element("img", {src: address, alt: ""}), frame);
    })));
  }
  paint();
  addEventListener("loupe-theme", paint);
  return {
    close: () => removeEventListener("loupe-theme", paint),
    state: () => ({mode}),
    png: () => new Promise((resolve) => canvas.toBlob(resolve, "image/png")),
    data: () => ({model: drawing.model, version: drawing.version, used: drawing.used, perplexity: drawing.perplexity, counts, own, code, cells}),
  };
}
