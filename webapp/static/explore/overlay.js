// What lies above the points: pictures where there is room, the query with its hits, the line of the modality gap.

const MOST = 160;
const KEPT = 600;

export class Overlay {
  // thumbnail(picture) -> address.
  constructor(stage, scatter, thumbnail) {
    Object.assign(this, { stage, scatter, thumbnail });
    this.canvas = document.createElement("canvas");
    this.canvas.className = "lx-overlay";
    stage.insertBefore(this.canvas, stage.querySelector("canvas").nextSibling);
    this.pictures = new Map();
    this.shown = [];
    this.over = null;
    this.queries = [];
    this.hits = [];
    this.labels = [];
    this.order = shuffled(scatter.points.count);
    stage.addEventListener("pointermove", (event) => this.pointer(event), true);
    stage.addEventListener("pointerleave", () => this.hover(null));
    stage.addEventListener("click", (event) => this.click(event), true);
  }

  get diameter() {
    return this.scatter.size && this.scatter.size[0] < 560 ? 38 : 52;
  }

  resized([width, height]) {
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    this.context = this.canvas.getContext("2d");
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  hide(hidden) {
    this.canvas.classList.toggle("hidden", hidden);
  }

  // While the view moves the pictures move along; a moment later the choice of them is made anew.
  moved() {
    this.draw();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), 90);
  }

  // Pictures that stand clear of each other: the hits first, then those shown before, then a fixed random order.
  settle() {
    const { scatter } = this;
    if (!scatter.size || !scatter.fit) return;
    const [width, height] = scatter.size;
    const zoom = scatter.plot.get("cameraView")[0];
    for (const label of this.labels) label.middle = this.middle(label.rows);
    const apart = this.diameter * Math.max(1.06, 1.22 - 0.05 * (zoom - 1));
    const edge = this.diameter / 2 + 3;
    const cells = new Map();
    const chosen = [];
    const size = apart * Math.SQRT1_2; // so that a cell holds one picture at most
    const clear = (x, y) => {
      for (let column = -2; column <= 2; column++)
        for (let row = -2; row <= 2; row++) {
          const other = cells.get(cell(x / size + column, y / size + row));
          if (other && Math.hypot(other[0] - x, other[1] - y) < apart) return false;
        }
      return true;
    };
    const queries = this.queries.map((query) => this.screenOf(query));
    const consider = (index) => {
      if (chosen.length >= MOST || !scatter.visible[index]) return;
      const [x, y] = scatter.screen(index);
      if (x < edge || y < edge || x > width - edge || y > height - edge || !clear(x, y)) return;
      if (queries.some(([left, top]) => Math.hypot(left - x, top - y) < this.diameter / 2 + 12)) return;
      cells.set(cell(x / size, y / size), [x, y]);
      chosen.push(index);
    };
    for (const index of [...this.hits, ...this.shown]) consider(index);
    for (const index of this.order) consider(index);
    this.shown = [...new Set(chosen)];
    this.draw();
  }

  draw() {
    if (this.waiting || !this.context) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      this.paint();
    });
  }

  paint() {
    const { context, scatter } = this;
    if (!scatter.fit) return;
    const style = getComputedStyle(this.stage);
    this.ink = style.getPropertyValue("--loupe-ink").trim();
    this.accent = style.getPropertyValue("--loupe-accent").trim();
    this.ground = style.getPropertyValue("--loupe-card").trim();
    context.clearRect(0, 0, ...scatter.size);
    this.places = this.shown.map((index) => [index, ...scatter.screen(index)]);
    this.gapLine();
    this.hitLines();
    const hits = new Set(this.hits);
    for (const [index, x, y] of [...this.places].reverse()) this.thumbnailAt(index, x, y, hits.has(index));
    for (const label of this.labels) this.words(label.text(), ...scatter.screen(label.middle ??= this.middle(label.rows)), this.ink, "center");
    for (const query of this.queries) this.marker(query);
  }

  thumbnailAt(index, x, y, hit) {
    const { context, scatter } = this;
    const radius = this.diameter / 2;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = "#fff";
    context.fill();
    const picture = this.picture(index);
    if (picture.complete && picture.naturalWidth) {
      context.save();
      context.clip();
      const side = radius * 1.5;
      const scale = side / Math.max(picture.naturalWidth, picture.naturalHeight);
      const [width, height] = [picture.naturalWidth * scale, picture.naturalHeight * scale];
      context.drawImage(picture, x - width / 2, y - height / 2, width, height);
      context.restore();
    }
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.lineWidth = hit || index === this.over ? 3 : 1.75;
    context.strokeStyle = hit || index === this.over ? this.accent : scatter.colours[scatter.codes[index]];
    context.stroke();
  }

  picture(index) {
    let picture = this.pictures.get(index);
    if (!picture) {
      picture = new Image();
      picture.src = this.thumbnail(index);
      picture.onload = () => this.draw();
      if (this.pictures.size >= KEPT) this.pictures.delete(this.pictures.keys().next().value);
      this.pictures.set(index, picture);
    }
    return picture;
  }

  // The point of these that is nearest to the middle of them all.
  middle(rows) {
    const { world } = this.scatter;
    const [x, y] = world.map((values) => rows.map((row) => values[row]).sort((a, b) => a - b)[rows.length >> 1]);
    const far = (row) => Math.hypot(world[0][row] - x, world[1][row] - y);
    return rows.reduce((best, row) => (far(row) < far(best) ? row : best), rows[0]);
  }

  screenOf(query) {
    const name = this.scatter.method === "3d" ? "pca" : this.scatter.method;
    const ends = query.places[name];
    if (!ends) return [-99, -99]; // asked before this layout was there: out of sight until it is asked again
    const place = this.scatter.flat(this.scatter.between(ends, 0, ends[0].length));
    return this.scatter.project(...this.scatter.toWorld(place));
  }

  marker(query) {
    const { context } = this;
    const [x, y] = this.screenOf(query);
    context.beginPath();
    context.arc(x, y, 10, 0, 2 * Math.PI);
    context.fillStyle = this.ground;
    context.fill();
    context.lineWidth = 3.5;
    context.strokeStyle = this.accent;
    context.stroke();
    context.beginPath();
    context.arc(x, y, 4, 0, 2 * Math.PI);
    context.fillStyle = this.accent;
    context.fill();
    const left = x > this.scatter.size[0] * 0.66;
    this.words(query.label, x + (left ? -18 : 18), y, this.accent, left ? "right" : "left");
  }

  hitLines() {
    const { context, scatter } = this;
    if (!this.queries.length) return;
    const [x, y] = this.screenOf(this.queries[0]);
    if (x < -90) return;
    context.strokeStyle = this.accent;
    context.globalAlpha = 0.3;
    context.lineWidth = 1;
    for (const index of this.hits.slice(0, 9)) {
      if (!scatter.visible[index]) continue;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(...scatter.screen(index));
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  // From the middle of the pictures to the middle of the captions.
  gapLine() {
    const { context, scatter } = this;
    const { count } = scatter.points;
    const middle = (from, to) => [0, 1].map((axis) => mean(scatter.world[axis], from, to));
    const [from, to] = [middle(0, count), middle(count, scatter.total)].map((place) => scatter.project(...place));
    if (scatter.total === count || Math.hypot(from[0] - to[0], from[1] - to[1]) < 24) return;
    context.strokeStyle = this.ink;
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    context.setLineDash([]);
    for (const [x, y] of [from, to]) {
      context.beginPath();
      context.arc(x, y, 3.5, 0, 2 * Math.PI);
      context.fillStyle = this.ink;
      context.fill();
    }
    if (this.gapText) this.words(this.gapText, (from[0] + to[0]) / 2, (from[1] + to[1]) / 2 - 10, this.ink, "center");
  }

  words(text, x, y, colour, align) {
    const { context } = this;
    context.font = `600 13px ${getComputedStyle(this.stage).fontFamily}`;
    Object.assign(context, { textAlign: align, textBaseline: "middle", lineJoin: "round", lineWidth: 4 });
    const short = text.length > 42 ? `${text.slice(0, 40)}…` : text;
    context.strokeStyle = this.ground;
    context.strokeText(short, x, y);
    context.fillStyle = colour;
    context.fillText(short, x, y);
  }

  at(event) {
    if (event.target.closest(".lx-tools, .lx-hover")) return null;
    const box = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const found = (this.places ?? []).find(([, left, top]) => Math.hypot(left - x, top - y) <= this.diameter / 2);
    return found ? found[0] : null;
  }

  pointer(event) {
    if (event.buttons === 0) this.hover(this.at(event));
  }

  hover(index) {
    if (index === this.over) return;
    this.over = index;
    this.stage.classList.toggle("over", index !== null);
    this.scatter.on.hover(index, index === null ? null : this.scatter.screen(index), this.diameter / 2);
    this.draw();
  }

  click(event) {
    const index = this.at(event);
    if (index === null || event.target.closest("button")) return;
    event.stopPropagation();
    this.scatter.on.click(index);
  }
}

function cell(x, y) {
  return `${Math.floor(x)},${Math.floor(y)}`;
}

function mean(values, from, to) {
  let sum = 0;
  for (let index = from; index < to; index++) sum += values[index];
  return sum / (to - from);
}

// A fixed random order (mulberry32, Fisher–Yates), so that the same pictures stand on the map at every visit.
function shuffled(count) {
  const order = Array.from({ length: count }, (_, index) => index);
  let seed = 20;
  for (let last = count - 1; last > 0; last--) {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const other = ((mixed ^ (mixed >>> 14)) >>> 0) % (last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
