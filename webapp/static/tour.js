// A first visit: three short notes, each beside what it speaks of. Esc or Skip ends it for good.

const STEPS = [
  ["#strip", "One picture and one sentence, for every tab. Drop a picture, paste it, take one, or type."],
  ["#tabs [role=tablist]", "A tab for each family of models. Each looks at the same picture and sentence in its own way."],
  ["#bar .share", "The address of the page holds what you see. Share it, and others see the same."],
];
const KEPT = "loupe-toured";

export function tour(word) {
  try {
    if (localStorage.getItem(KEPT) || location.search) return;
  } catch {
    return;  // a private window could not remember that it was seen
  }
  const note = document.createElement("div");
  note.className = "tour";
  note.setAttribute("role", "dialog");
  note.setAttribute("aria-label", word("A short tour"));
  note.innerHTML = `<p></p><div><span></span><button class="skip"></button><button class="next"></button></div>`;
  const [text, count, skip, next] = ["p", "span", ".skip", ".next"].map((part) => note.querySelector(part));
  let at = -1, lit = null;
  function end() {
    lit?.classList.remove("lit");
    note.remove();
    removeEventListener("keydown", key);
    removeEventListener("resize", place);
    localStorage.setItem(KEPT, "1");
  }
  function key(event) { if (event.key === "Escape") end(); }
  function place() {
    const box = lit.getBoundingClientRect(), wide = note.offsetWidth;
    note.style.top = `${Math.min(box.bottom + 10, innerHeight - note.offsetHeight - 10)}px`;
    const middle = box.left + box.width / 2 - wide / 2;
    note.style.left = `${Math.max(10, Math.min(middle, innerWidth - wide - 14))}px`;
  }
  function step() {
    lit?.classList.remove("lit");
    at += 1;
    lit = STEPS[at] && document.querySelector(STEPS[at][0]);
    if (!lit) return end();
    lit.classList.add("lit");
    text.textContent = word(STEPS[at][1]);
    count.textContent = `${at + 1} / ${STEPS.length}`;
    skip.textContent = word("Skip");
    next.textContent = word(at + 1 < STEPS.length ? "Next" : "Done");
    place();
  }
  skip.onclick = end;
  next.onclick = step;
  addEventListener("keydown", key);
  addEventListener("resize", place);
  document.body.append(note);
  step();
}
