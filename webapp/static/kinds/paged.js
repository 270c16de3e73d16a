// Pictures in pages, of which a list chooses the one that is seen; all have the first page's shared pictures.

import {draw as pictures} from "./pictures.js";

const element = (tag, values, ...children) => {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
};

export async function draw(place, drawing, {base, pick, kept, word = (text) => text}) {
  const {names, pages, shared, model, version} = drawing, common = pages[0].pictures.slice(0, shared);
  const same = kept?.names === names.join() ? kept : null;
  const list = element("select", {}, ...names.map((name, n) => element("option", {value: n, textContent: word(name)})));
  list.value = same?.page ?? 0;
  let stage = element("div"), made = null, wanted = 0;
  place.classList.add("paged");
  place.append(element("label", {}, element("span", {textContent: word(drawing.label)}), list), stage);
  async function show(before) {
    const turn = ++wanted, page = pages[list.value], fresh = element("div");
    const all = Number(list.value) ? [...common, ...page.pictures] : page.pictures;
    const next = await pictures(fresh, {...page, pictures: all, model, version}, {base, pick, kept: before, word});
    if (turn !== wanted) return next.close();
    made?.close();
    stage.replaceWith(fresh);
    [stage, made] = [fresh, next];
  }
  list.onchange = () => show(made.state());
  await show(same?.inside);
  return {
    close: () => made.close(),
    state: () => ({names: names.join(), page: list.value, inside: made.state()}),
    png: () => made.png(),
    data: () => ({[drawing.label]: names[list.value], ...made.data()}),
  };
}
