// The figure of a card: asks to be computed when it is seen, draws each payload, exports what it shows.
//
// A drawing of kind k is drawn by kinds/k.js: draw(place, drawing, {base, pick, kept, word}) returns, at once or later,
// {png() -> Blob, data() -> JSON, state?() -> kept the next time, close?()}. pick(name, value) asks the lens again.

import {offline, save} from "./export.js";
import {word} from "./page.js";

export function mount(element, settings, trigger, see) {
  const root = element.querySelector(".figure"), card = element.closest(".card");
  root.innerHTML = `<div class="state" role="status"></div><div class="drawings"></div><div class="foot"></div>`;
  const [state, drawings, foot] = ["state", "drawings", "foot"].map((name) => root.querySelector(`.${name}`));
  const tab = settings.place.split(".")[0];
  let seen = false, asked = null, busy = 0, shown = [], latest = 0, stopped = false, event = "";
  let pinned = [], last = {drawings: []};  // pinned drawings stay beside whatever is asked next

  function run(name = "run") {
    const strip = JSON.stringify(window.loupeStrip);  // none before the page holds what its address says
    if (!seen || !strip || strip === asked) return;
    asked = strip;
    stopped = false;
    event = name;
    wait();
    trigger(event);
  }
  function again() { asked = null; run(); }
  function set({detail: [starts]}) {
    if (!Object.keys(starts).some((name) => name === `${tab}.model` || name.startsWith(`${settings.place}.`))) return;
    asked = null;  // who is not seen asks later
    run("anew");
  }
  function pick(name, value) {
    wait();
    trigger("pick", {name, value: String(value)});
  }
  function wait() {
    if (root.hasAttribute("aria-busy")) return;  // its button stays, or a click on it would be lost
    root.setAttribute("aria-busy", "true");
    busy = setTimeout(() => {
      root.classList.add("working");
      state.innerHTML = `<span class="spinner" aria-hidden="true"></span><span class="far">Working…</span><button>Cancel</button>`;
      state.querySelector("button").onclick = stop;
    }, 150);
  }
  function stop() {
    stopped = true;
    trigger("cancel");
    done();
    state.innerHTML = `<span>Stopped.</span><button>Run again</button>`;
    state.querySelector("button").onclick = again;
  }
  function done() {
    clearTimeout(busy);
    root.classList.remove("working");
    root.removeAttribute("aria-busy");
    state.replaceChildren();
  }
  function tell(message) {
    const line = document.createElement("p");
    line.className = "error verbatim";
    line.textContent = message;
    state.replaceChildren(line);
  }
  function progress({done: count, total}) {
    const far = state.querySelector(".far");
    if (far) far.textContent = total ? `${Math.round(100 * count / total)} %` : `${count}`;
  }

  async function show(payload) {
    if (!payload) return;
    if (payload.progress) return progress(payload.progress);
    last = payload;
    const all = [...pinned, ...payload.drawings], turn = ++latest, kept = shown.map((one) => one.state?.());
    const places = all.map(() => Object.assign(document.createElement("div"), {className: "drawing"}));
    // What was drawn stays until the new is there; the new is measured where it will stand.
    const next = document.createElement("div");
    next.className = "drawings coming";
    next.classList.toggle("pair", places.length > 1);
    next.append(...places);
    drawings.after(next);
    let made = [], problem = payload.error;
    try {
      made = await Promise.all(all.map(async (drawing, n) => {
        const kind = await import(`./kinds/${drawing.kind}.js`);
        return {drawing, ...await kind.draw(places[n], drawing, {base: settings.base, pick, kept: kept[n], word})};
      }));
    } catch (error) {
      console.warn(error);
      problem ??= "A part of the page could not be fetched. Is the server still running?";
    }
    if (turn !== latest) { made.forEach((one) => one.close?.()); next.remove(); return; }
    shown.forEach((one) => one.close?.());
    shown = made;
    drawings.replaceChildren(...next.childNodes);
    drawings.className = next.className.replace(" coming", "");
    next.remove();
    if (!payload.more) done();
    if (problem) tell(problem);
    foot.replaceChildren(...shown.map(({drawing}, n) => line(drawing, n < pinned.length)));
    if (shown.length) foot.append(tools());
  }
  function pin() {
    const drawings = pinned.length && !last.drawings.length ? pinned : last.drawings;
    pinned = pinned.length ? [] : drawings;
    show({...last, drawings: pinned.length ? [] : drawings});
  }
  function line(drawing, stays) {
    const said = document.createElement("span"), time = drawing.seconds;
    said.className = "made verbatim";
    said.title = `weights ${drawing.version}`;
    const instead = drawing.instead ? ` ${word("in place of")} ${drawing.instead}` : "";
    said.textContent = `${stays ? "📌 " : ""}${drawing.model}${instead} · ${time < 1 ? `${Math.round(time * 1e3)} ms` : `${time.toFixed(1)} s`}`;
    return said;
  }
  function tools() {
    const span = document.createElement("span");
    span.className = "tools";
    for (const [name, title, act] of [
      ["PNG", "Export PNG", () => shown.forEach(async (one, n) => save(`${settings.key}-${n + 1}.png`, await one.png()))],
      ["data", "Export data", () => save(`${settings.key}.json`,
        new Blob([JSON.stringify(shown.map((one) => one.data()))], {type: "application/json"}))],
      ["HTML", "Export a page that works offline", async () => {
        const title = card.querySelector("h2").textContent;
        save(`${settings.key}.html`, await offline(title, shown.map((one) => one.drawing), settings.base));
      }],
      [pinned.length ? "unpin" : "pin", "Keep this beside the next picture, sentence or setting", pin],
      ["link", "Copy a link to this card", link],
    ]) {
      const button = document.createElement("button");
      button.textContent = name;
      button.title = title;
      button.setAttribute("aria-label", title);
      button.onclick = () => act(button);
      span.append(button);
    }
    return span;
  }
  async function link(button) {
    const url = new URL(location.href);
    url.hash = settings.place;
    await navigator.clipboard?.writeText(url.href).catch(() => null);
    history.replaceState(history.state, "", url);
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "link"; }, 1500);
  }

  // The card, not the figure alone: its controls may be in view when the figure is not.
  new IntersectionObserver((entries) => { seen = entries.at(-1).isIntersecting; run(); }, {rootMargin: "80px"})
    .observe(card);
  const own = new AbortController(), {signal} = own;
  const here = (listener) => (event) => { if (element.isConnected) listener(event); else own.abort(); };
  addEventListener("loupe-strip", here(() => run()), {signal});
  addEventListener("loupe-settings", here(set), {signal});
  addEventListener("loupe-again", here(again), {signal});
  card.setAttribute("id", settings.place);
  if (decodeURIComponent(location.hash.slice(1)) === settings.place) setTimeout(() => card.scrollIntoView(), 300);
  for (const kind of ["input", "change"]) {
    card.addEventListener(kind, (event) => { if (!root.contains(event.target)) wait(); });
  }
  // What was on its way when the work was stopped is not shown, nor an older answer that is ready last.
  see((payload) => { if (!stopped && (!event || payload?.event === event)) show(payload); });
}
