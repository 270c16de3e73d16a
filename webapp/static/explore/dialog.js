// A window above the page: a title, what is put in, and a way out.
import { element } from "./dom.js";

export function dialog(box, title, close, ...content) {
  const out = element("button", { type: "button", className: "lx-plain lx-out", textContent: "×", title: close, "aria-label": close, onclick: () => made.close() });
  const made = element("dialog", { className: "lx-dialog verbatim", "aria-label": title }, element("header", {}, element("h2", { textContent: title }), out), ...content);
  made.addEventListener("close", () => made.remove());
  made.addEventListener("click", (event) => event.target === made && made.close());
  box.append(made);
  made.showModal();
  return made;
}

export function button(text, action, kind = "lx-plain") {
  return element("button", { type: "button", className: kind, textContent: text, onclick: action });
}

// A line to type into, with a button; done(text) on either.
export function line(label, act, done, value = "", most = 64) {
  const input = element("input", { type: "text", maxLength: most, value, placeholder: label, "aria-label": label });
  const form = element("form", { className: "lx-line" }, input, element("button", { type: "submit", className: "lx-plain lx-main", textContent: act }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) done(input.value.trim());
  });
  return form;
}
