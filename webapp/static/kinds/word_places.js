// Heat maps of a prompt's words over the picture drawn from it: a slider turns the steps, a list chooses the grid.

import {draw as heat} from "./heat.js";

const element = (tag, values, ...children) => {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
};

export function draw(place, drawing, {base, pick, kept, word = (text) => text}) {
  const {pages, pictures, timesteps, grids} = drawing, last = pages.length - 1;
  const names = drawing.names.map((name, n) => (n === drawing.names.length - 1 ? word(name) : name));
  const same = kept?.words === names.join() && kept.grids === grids.join() ? kept : null;
  const maps = element("div"), output = element("output");
  const step = element("input", {type: "range", min: 0, max: last, step: 1, value: Math.min(same?.step ?? 0, last)});
  const grid = element("select", {}, ...[word("all grids"), ...grids].map((name, n) => element("option", {value: n, textContent: name})));
  grid.value = same?.grid ?? 0;
  const label = (name, ...children) => element("label", {}, element("span", {textContent: word(name)}), ...children);
  place.classList.add("word-places");
  place.append(maps, element("div", {className: "turn"}, label("step", step, output), label("grid", grid)));
  let made = null, at = same?.heat ?? {count: names.length, step: drawing.first, overlay: 0.65};
  function show() {
    at = made?.state() ?? at;
    made?.close();
    const now = Number(step.value), page = pages[now][Number(grid.value)];
    maps.replaceChildren();
    made = heat(maps, {...drawing, ...page, names, picture: pictures[now]}, {base, pick, kept: at, word});
    output.textContent = now ? `${now} · t = ${Math.round(timesteps[now - 1])}` : word("all steps");
  }
  step.oninput = grid.onchange = show;
  show();
  return {
    close: () => made.close(),
    state: () => ({words: names.join(), grids: grids.join(), step: step.value, grid: grid.value, heat: made.state()}),
    png: () => made.png(),
    data: () => ({step: output.textContent, grid: grid.selectedOptions[0].textContent, ...made.data()}),
  };
}
