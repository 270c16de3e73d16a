// Elements of the page from their properties and children; texts go in as text, never as markup.
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

// A row of buttons of which one is pressed.
export function segments(box, names, chosen, label, choose) {
  box.replaceChildren(...names.map((name) => element("button", {
    type: "button", textContent: label(name), "data-name": name, "aria-pressed": String(name === chosen),
    onclick: () => {
      for (const button of box.children) button.setAttribute("aria-pressed", String(button.dataset.name === name));
      choose(name);
    },
  })));
}
