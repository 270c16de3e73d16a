// The page around the tabs: theme, language, address, sharing.

import {tour} from "./tour.js";

const address = () => new URLSearchParams(location.search);
const root = document.documentElement;
root.lang = address().get("lang") === "zh" ? "zh" : "en";

function theme(name) {
  root.dataset.theme = name;
  document.body.classList.toggle("dark", name === "dark");
  window.dispatchEvent(new Event("loupe-theme"));
}
const remembered = () => { try { return localStorage.getItem("loupe-theme"); } catch { return null; } };
const system = matchMedia("(prefers-color-scheme: dark)");
const wanted = () => address().get("__theme") ?? remembered() ?? (system.matches ? "dark" : "light");

function write(changes, push = false) {
  const asked = address();
  for (const [name, value] of Object.entries(changes)) value ? asked.set(name, value) : asked.delete(name);
  const url = `${location.pathname}?${asked}`;
  if (url !== location.pathname + location.search) history[push ? "pushState" : "replaceState"](null, "", url);
}

const tabs = () => [...document.querySelectorAll("#tabs [role=tab]")];
function openTab(name) {
  const tab = tabs().find((button) => (button.dataset.name ?? button.textContent.trim()) === name);
  if (tab && tab.getAttribute("aria-selected") !== "true") tab.click();
  tab?.scrollIntoView({block: "nearest", inline: "center"});
}

function wire() {
  const bar = document.querySelector("#bar .bar");
  if (!bar || !tabs().length) return false;
  theme(wanted());
  system.addEventListener("change", () => theme(wanted()));
  bar.querySelector(".theme").onclick = () => {
    const next = root.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("loupe-theme", next); } catch { /* a private window keeps nothing */ }
    write({__theme: ""});
    theme(next);
  };
  const language = bar.querySelector(".language");
  language.value = root.lang;
  language.onchange = () => { write({lang: language.value === "en" ? "" : language.value}); location.reload(); };
  const share = bar.querySelector(".share");
  share.onclick = async () => {
    const said = share.textContent;
    try {
      await navigator.clipboard.writeText(location.href);
      share.textContent = word("The link is copied");
    } catch {
      prompt(word("Copy this link"), location.href);
    }
    setTimeout(() => { share.textContent = said; }, 1800);
  };
  for (const tab of tabs()) tab.dataset.name ??= tab.textContent.trim();
  document.addEventListener("click", (event) => {
    const tab = event.target.closest?.("#tabs [role=tab]");
    if (tab && event.isTrusted) write({tab: tab.dataset.name}, true);
  });
  if (address().get("tab")) openTab(address().get("tab"));
  addEventListener("popstate", () => location.reload());
  addEventListener("loupe-strip", ({detail: [text, image]}) => {
    const [sentence, picture] = window.loupeStart;  // what the strip holds where the address says nothing
    write({text: text === sentence ? "" : text, image: image === picture ? "" : image});
  });
  addEventListener("loupe-settings", ({detail: [starts, values]}) => {
    const changes = Object.entries(starts).map(([name, start], n) => [name, values[n] === start ? "" : String(values[n])]);
    write(Object.fromEntries(changes));
  });
  return true;
}

// Static texts in the reader's language: whole text nodes and labels that stand in the table.
let words = {};
export const word = (text) => words[text] ?? text;
const NAMES = ["placeholder", "aria-label", "title"];
function translate(node) {
  if ((node.parentElement ?? node).closest?.(".verbatim")) return;
  if (node.nodeType === Node.TEXT_NODE) {
    const text = node.nodeValue.trim();
    const said = words[text] ?? (text.includes(" · ") ? text.split(" · ").map(word).join(" · ") : text);
    if (said !== text) node.nodeValue = node.nodeValue.replace(text, said);
  } else if (node.nodeType === Node.ELEMENT_NODE && !node.matches("script, style, .verbatim")) {
    if (node.matches("[role=tab]")) node.dataset.name ??= node.textContent.trim();
    for (const name of NAMES) if (words[node.getAttribute(name)]) node.setAttribute(name, words[node.getAttribute(name)]);
    node.childNodes.forEach(translate);
  }
}
async function speak() {
  const base = new URL(".", document.baseURI).href.replace(/\/$/, "");
  words = await (await fetch(`${base}/loupe/words/${root.lang}`)).json();
  translate(document.body);
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "characterData") translate(change.target);
      change.addedNodes.forEach(translate);
    }
  }).observe(document.body, {childList: true, subtree: true, characterData: true});
}

const spoken = root.lang === "en" ? null : speak();
const waiting = setInterval(() => {
  if (!wire()) return;
  clearInterval(waiting);
  Promise.resolve(spoken).then(() => tour(word));
}, 50);
