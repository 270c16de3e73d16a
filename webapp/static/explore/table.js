// The rows of a selection, or all, as a CSV file that spreadsheets open as text.
import { element } from "./dom.js";

// rows: numbers of rows, or null for all. tags: {tag: ids}.
export function table(rows, chosen, tags = {}) {
  const numbers = chosen ?? [...Array(rows.count).keys()];
  const named = Object.keys(rows.columns).filter((name) => rows.columns[name].names && name !== "tag");
  const words = Object.keys(rows.words);
  const tagged = Object.entries(tags).map(([word, ids]) => [word, new Set(ids)]);
  const lines = numbers.map((row) => [
    ...words.map((name) => rows.words[name][row]), ...named.map((name) => rows.value(name, row)),
    tagged.filter(([, ids]) => ids.has(rows.id(row))).map(([word]) => word).join("; "),
  ]);
  return [[...words, ...named, "tags"], ...lines].map((line) => line.map(cell).join(",")).join("\r\n");
}

export function saveTable(rows, chosen, tags) {
  // The mark at the start tells spreadsheets that the text is UTF-8.
  saveFile(new Blob(["\ufeff", table(rows, chosen, tags)], { type: "text/csv" }), `${rows.library}${chosen ? "-selection" : ""}.csv`);
}

export function saveFile(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// Quoted; a text that a spreadsheet would take for a formula gets an apostrophe before it.
function cell(value) {
  const text = String(value ?? "");
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
