// Heat maps of one class: the likeliest classes as chips to choose from, and a field for any other.

import {draw as heat} from "./heat.js";

export function draw(place, drawing, {base, pick, kept}) {
  place.classList.add("class-heat");
  const bar = Object.assign(document.createElement("div"), {className: "offered"});
  for (const [name, share] of drawing.offered) {
    const chip = document.createElement("button");
    chip.className = "verbatim";
    chip.textContent = `${name} ${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
    chip.setAttribute("aria-pressed", name === drawing.chosen);
    chip.onclick = () => pick("label", name === drawing.offered[0][0] ? "" : name);
    bar.append(chip);
  }
  const field = Object.assign(document.createElement("input"), {type: "text", maxLength: 60, placeholder: "another class…"});
  field.setAttribute("aria-label", "another class");
  field.onchange = () => { if (field.value.trim()) pick("label", field.value.trim()); };
  if (!drawing.offered.some(([name]) => name === drawing.chosen)) field.value = drawing.chosen;
  bar.append(field);
  const below = document.createElement("div");
  place.append(bar, below);
  const made = heat(below, drawing, {base, pick, kept});
  place.querySelector(".unit").classList.add("verbatim");
  return {...made, data: () => ({class: drawing.chosen, ...made.data()})};
}
