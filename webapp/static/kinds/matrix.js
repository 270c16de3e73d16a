// Pictures against sentences: cosines, or the softmax over sentences or pictures at a temperature, and the loss.

import {ink, viridis} from "./viridis.js";

export function draw(place, drawing, {kept, word = (text) => text}) {
  const {values, texts, pictures, names} = drawing, pairs = Math.min(pictures.length, texts.length);
  place.classList.add("matrix");
  place.innerHTML = `
    <div class="set"><select></select>
      <label><span></span><input type="range" min="-3" max="1" step="0.01"><output></output></label></div>
    <div class="scroll"><table><thead><tr></tr></thead><tbody></tbody></table></div><p class="loss"></p>`;
  const [select, slider, said, loss] = ["select", "input", "output", ".loss"].map((part) => place.querySelector(part));
  place.querySelector("label span").textContent = word("temperature");
  slider.setAttribute("aria-label", word("temperature"));
  select.setAttribute("aria-label", word("What the cells show"));
  for (const [value, text] of [["text", "softmax over sentences"], ["image", "softmax over pictures"], ["cosine", "cosine"]]) {
    select.append(Object.assign(document.createElement("option"), {value, textContent: word(text)}));
  }
  slider.value = kept?.at ?? Math.log10(drawing.temperature);
  select.value = kept?.shows ?? "text";

  const head = place.querySelector("thead tr");
  const column = (text, title) => {
    const cell = document.createElement("th"), line = document.createElement("span");
    cell.scope = "col";
    cell.title = title ?? text;
    cell.className = "verbatim";
    line.textContent = text;
    cell.append(line);
    head.append(cell);
  };
  column("", word("picture"));
  texts.forEach((text) => column(text));
  column(word("rank"), word("The place of the true sentence among all, for this picture"));
  const rows = pictures.map((source, i) => {
    const row = place.querySelector("tbody").insertRow(), first = document.createElement("th");
    first.scope = "row";
    first.append(Object.assign(new Image(), {src: source, alt: word(names[i]), title: word(names[i])}));
    row.append(first);
    const cells = texts.map((_, j) => {
      const cell = row.insertCell();
      cell.classList.toggle("true", i === j);
      return cell;
    });
    const last = document.createElement("th");
    if (i < pairs) last.textContent = `${1 + values[i].filter((value) => value > values[i][i]).length}.`;
    row.append(last);
    return cells;
  });

  const foot = place.querySelector("table").createTFoot().insertRow();
  for (const text of [word("rank"), ...texts.map((_, j) => j < pairs ? `${1 + values.filter((row) => row[j] > values[j][j]).length}.` : ""), ""]) {
    foot.append(Object.assign(document.createElement("th"), {textContent: text}));
  }
  foot.title = word("The place of the true picture among all, for this sentence");

  const softmax = (line, temperature) => {
    const top = Math.max(...line), raised = line.map((x) => Math.exp((x - top) / temperature));
    const sum = raised.reduce((a, b) => a + b, 0);
    return raised.map((x) => x / sum);
  };
  const turned = (table) => table[0].map((_, j) => table.map((row) => row[j]));
  function shares(over, temperature) {
    return over === "text" ? values.map((row) => softmax(row, temperature))
      : turned(turned(values).map((row) => softmax(row, temperature)));
  }
  // Only pairs take part in the loss: the strip's picture has no sentence of its own.
  function entropy(over, temperature) {
    const square = values.slice(0, pairs).map((row) => row.slice(0, pairs));
    const table = over === "text" ? square : turned(square);
    return table.reduce((sum, row, i) => sum - Math.log(Math.max(softmax(row, temperature)[i], 1e-30)), 0) / pairs;
  }
  function paint() {
    const temperature = 10 ** Number(slider.value), shows = select.value;
    said.textContent = temperature.toPrecision(2);
    slider.disabled = shows === "cosine";
    const table = shows === "cosine" ? values : shares(shows, temperature), flat = table.flat();
    const [low, high] = shows === "cosine" ? [Math.min(...flat), Math.max(...flat)] : [0, 1];
    rows.forEach((cells, i) => cells.forEach((cell, j) => {
      const level = (table[i][j] - low) / (high - low || 1), [r, g, b] = viridis(level);
      cell.textContent = shows === "cosine" ? table[i][j].toFixed(2) : `${Math.round(100 * table[i][j])}`;
      cell.style.background = `rgb(${r} ${g} ${b})`;
      cell.style.color = ink([r, g, b]);
      cell.title = `${word(names[i])} × ${texts[j]}: ${table[i][j].toFixed(4)}`;
    }));
    const [a, b] = [entropy("text", temperature), entropy("image", temperature)];
    loss.innerHTML = `<span></span> <b>${((a + b) / 2).toFixed(3)}</b> · <span></span> ${a.toFixed(3)} · <span></span> ${b.toFixed(3)}`;
    ["contrastive loss of the pairs", "picture → sentence", "sentence → picture"].forEach((text, n) => {
      loss.querySelectorAll("span")[n].textContent = word(text);
    });
  }
  slider.oninput = select.onchange = paint;
  paint();

  return {
    state: () => ({at: slider.value, shows: select.value}),
    png: () => picture(rows, texts, names),
    data: () => ({model: drawing.model, version: drawing.version, temperature: 10 ** Number(slider.value), names, texts,
      cosine: values}),
  };
}

// The cells as a picture, with the sentences' and pictures' names.
function picture(rows, texts, names) {
  const [left, top, side] = [120, 30, 64];
  const page = Object.assign(document.createElement("canvas"), {width: left + texts.length * side, height: top + rows.length * side});
  const pen = page.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, page.width, page.height);
  pen.font = "13px sans-serif";
  pen.textBaseline = "middle";
  rows.forEach((cells, i) => {
    pen.fillStyle = "#222";
    pen.fillText(names[i], 8, top + (i + 0.5) * side, left - 12);
    cells.forEach((cell, j) => {
      pen.fillStyle = cell.style.background;
      pen.fillRect(left + j * side + 1, top + i * side + 1, side - 2, side - 2);
      pen.fillStyle = cell.style.color;
      pen.fillText(cell.textContent, left + j * side + 18, top + (i + 0.5) * side);
    });
  });
  pen.fillStyle = "#222";
  texts.forEach((text, j) => pen.fillText(text, left + j * side + 2, top / 2, side - 4));
  return new Promise((resolve) => page.toBlob(resolve, "image/png"));
}
