// The rows of a collection as the browser keeps them: places and codes from one binary file, words from another.
const SCALE = 32767;

export class Rows {
  constructor(base, library, opened) {
    Object.assign(this, { base, library, count: opened.count, total: opened.total, columns: {}, language: "en" });
    this.opened = opened;
  }

  async load() {
    const [points, words] = await Promise.all([
      fetched(this.base + this.opened.points).then((answer) => answer.arrayBuffer()),
      fetched(this.base + this.opened.rows).then((answer) => answer.json()),
    ]);
    this.words = words;
    this.layouts = {};
    this.dims = {};
    for (const [method, { dims, at }] of Object.entries(this.opened.layouts)) {
      this.dims[method] = dims;
      this.layouts[method] = at.map((start) => Float32Array.from(new Int16Array(points, start * 2, this.total * dims), (x) => x / SCALE));
    }
    for (const [name, { at, ...description }] of Object.entries(this.opened.columns))
      this.columns[name] = { codes: new Int16Array(points, at * 2, this.count), ...description };
  }

  // A layout that came later: both ends one after the other.
  async add(method, address) {
    const points = await fetched(this.base + address).then((answer) => answer.arrayBuffer());
    this.dims[method] = 2;
    this.layouts[method] = [0, 1].map((end) => Float32Array.from(new Int16Array(points, end * this.total * 4, this.total * 2), (x) => x / SCALE));
  }

  id(row) {
    return this.words.id[row];
  }

  caption(row, language = this.language) {
    return this.words[`caption_${language}`]?.[row] ?? this.words.caption_en[row];
  }

  thumbnail(row) {
    return `${this.base}/loupe/thumbnail/${encodeURIComponent(this.library)}/${encodeURIComponent(this.id(row))}`;
  }

  // The word of a column for a row: a category, a cluster's name in the page's language, or a number.
  value(name, row) {
    const column = this.columns[name];
    if (!column) return "";
    return column.names ? this.name(name, column.codes[row]) : "";
  }

  name(column, code) {
    const name = this.columns[column].names[code];
    return typeof name === "object" ? (name[this.language] ?? name.en) : String(name);
  }
}

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}
