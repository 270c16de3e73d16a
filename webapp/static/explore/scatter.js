// The map of points: regl-scatterplot for the points, a canvas above it for pictures, the query and the gap.
import createScatterplot from "../regl-scatterplot/regl-scatterplot.js";
import { Overlay } from "./overlay.js";

const PADDING = 0.93;

export class Scatter {
  // stage: a positioned element. points: {count, layouts: {method: [Float32Array, Float32Array]}, dims: {method}}:
  // count pictures, then as many captions. on: {hover(index, [x, y]), click(index), lasso(indices, polygon), clear()}.
  constructor(stage, points, thumbnail, on) {
    Object.assign(this, { stage, points, on });
    this.total = points.total;
    this.world = [new Float32Array(this.total), new Float32Array(this.total)];
    this.visible = new Uint8Array(this.total).fill(1);
    this.codes = new Float32Array(this.total);
    this.marks = Float32Array.from({ length: this.total }, (_, index) => +(index >= points.count));
    this.method = "umap";
    this.amount = 0;
    this.turn = [0.6, 0.35];
    this.canvas = stage.querySelector("canvas");
    this.overlay = new Overlay(stage, this, thumbnail);
    this.plot = createScatterplot({
      canvas: this.canvas,
      width: "auto",
      height: "auto",
      syncEvents: true,
      colorBy: "valueA",
      sizeBy: "valueB",
      opacityBy: "valueB",
      pointSize: this.total > 60000 ? [2.5, 2] : [6.5, 5.5],
      pointSizeSelected: 1,
      pointOutlineWidth: 0,
      opacity: this.total > 60000 ? [0.5, 0.3] : [0.8, 0.42],
      opacityInactiveScale: 0.25,
      lassoMinDelay: 0,
      lassoMinDist: 3,
      lassoClearEvent: "deselect",
      lassoOnLongPress: false,
      deselectOnDblClick: false,
      actionKeyMap: { lasso: "shift", merge: "cmd", remove: "alt" },
    });
    this.listen();
  }

  listen() {
    let lassoing = false;
    const { plot, on } = this;
    plot.subscribe("view", () => this.overlay.moved());
    plot.subscribe("lassoStart", () => (lassoing = true));
    plot.subscribe("select", ({ points }) => {
      if (lassoing) this.lassoed = points;
      else if (points.length) {
        plot.deselect({ preventEvent: true });
        on.click(points[0]);
      }
    });
    plot.subscribe("lassoEnd", ({ coordinates }) => {
      lassoing = false;
      this.setLasso(false);
      const polygon = coordinates.map(([x, y]) => this.fromWorld(x, y));
      if (coordinates.length > 2) on.lasso(this.lassoed ?? [], polygon);
    });
    plot.subscribe("deselect", () => on.clear());
    plot.subscribe("pointover", (index) => this.overlay.over === null && on.hover(index, this.screen(index)));
    plot.subscribe("pointout", () => this.overlay.over === null && on.hover(null));
    this.resize = new ResizeObserver(() => this.canvas.clientWidth && this.resized());
    this.resize.observe(this.stage);
    this.stage.addEventListener("pointerdown", (event) => this.method === "3d" && !event.shiftKey && this.drag(event), true);
    this.pinch();
  }

  async resized() {
    const size = [this.stage.clientWidth, this.stage.clientHeight];
    if (String(size) === String(this.size)) return;
    this.size = size;
    this.overlay.resized(size);
    await this.draw();
  }

  // -- what is shown ----------------------------------------------------------------------------------------------
  setColours(codes, colours) {
    this.codes = codes;
    this.colours = colours;
    this.plot.set({ pointColor: colours, pointColorActive: colours, pointColorHover: colours });
    return this.draw();
  }

  setVisible(visible) {
    this.visible = visible;
    this.filter();
    this.overlay.settle();
  }

  filter() {
    const kept = [];
    for (let index = 0; index < this.total; index++) if (this.visible[index]) kept.push(index);
    if (kept.length === this.total) this.plot.unfilter({ preventEvent: true });
    else this.plot.filter(kept, { preventEvent: true });
  }

  async setMethod(method) {
    this.method = method;
    this.plot.set({ cameraIsFixed: method === "3d" });
    this.plot.reset({ preventEvent: true });
    await this.draw(true);
  }

  setAmount(amount) {
    this.amount = amount;
    return this.draw();
  }

  setTheme({ ground, accent }) {
    this.plot.set({ backgroundColor: ground, lassoColor: accent, lassoLineWidth: 1.5 });
    this.overlay.draw();
  }

  setLasso(active) {
    this.plot.set({ mouseMode: active ? "lasso" : "panZoom" });
    this.stage.classList.toggle("lassoing", active);
  }

  select(indices) {
    if (indices.length) this.plot.select(indices, { preventEvent: true });
    else this.plot.deselect({ preventEvent: true });
  }

  // A picture pointed at elsewhere on the page.
  point(row) {
    this.overlay.over = row;
    this.overlay.draw();
  }

  zoom(factor) {
    const view = Array.from(this.plot.get("cameraView"));
    for (const at of [0, 5, 12, 13]) view[at] *= factor;
    this.plot.set({ cameraView: view });
    this.overlay.moved();
  }

  reset() {
    this.plot.reset();
    this.overlay.moved();
  }

  // -- places -----------------------------------------------------------------------------------------------------
  // The place of a point between the two ends of its layout, before it is fitted to the stage.
  between(ends, index, dims) {
    const at = index * dims;
    const place = [];
    for (let axis = 0; axis < dims; axis++) place.push(ends[0][at + axis] * (1 - this.amount) + ends[1][at + axis] * this.amount);
    return place;
  }

  flat(place) {
    if (this.method !== "3d") return place;
    const [x, y, z = 0] = place;
    const [[sy, cy], [sp, cp]] = this.turn.map((angle) => [Math.sin(angle), Math.cos(angle)]);
    const depth = z * cy - x * sy;
    return [x * cy + z * sy, y * cp - depth * sp];
  }

  arrange() {
    const name = this.method === "3d" ? "pca" : this.method;
    const ends = this.points.layouts[name];
    const dims = this.points.dims[name];
    const [xs, ys] = this.world;
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let index = 0; index < this.total; index++) {
      const [x, y] = this.flat(this.between(ends, index, dims));
      xs[index] = x;
      ys[index] = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
    const aspect = this.size[0] / this.size[1];
    const spare = this.overlay.diameter / this.size[1];
    if (this.method === "3d") [left, right, low, high] = [-1.25, 1.25, -1.25, 1.25];
    const scale = Math.min((aspect * PADDING - spare) / ((right - left) / 2 || 1), (PADDING - spare) / ((high - low) / 2 || 1));
    this.fit = { scale, x: (left + right) / 2, y: (low + high) / 2 };
    for (let index = 0; index < this.total; index++) [xs[index], ys[index]] = this.toWorld([xs[index], ys[index]]);
  }

  toWorld([x, y]) {
    return [(x - this.fit.x) * this.fit.scale, (y - this.fit.y) * this.fit.scale];
  }

  fromWorld(x, y) {
    return [x / this.fit.scale + this.fit.x, y / this.fit.scale + this.fit.y];
  }

  // CSS pixels of a world place; screen() of a point.
  project(x, y) {
    const view = this.plot.get("cameraView");
    const [width, height] = this.size;
    return [
      (((view[0] * x + view[4] * y + view[12]) * height) / width + 1) * 0.5 * width,
      (1 - (view[1] * x + view[5] * y + view[13])) * 0.5 * height,
    ];
  }

  screen(index) {
    return this.project(this.world[0][index], this.world[1][index]);
  }

  // One drawing at a time: what changed meanwhile is drawn once more after it.
  async draw(transition = false) {
    if (!this.size || !this.colours) return;
    if (this.drawing) {
      this.pending = true;
      return this.drawing;
    }
    this.drawing = this.drawOnce(transition);
    await this.drawing;
    this.drawing = null;
    if (this.pending) {
      this.pending = false;
      await this.draw();
    }
  }

  async drawOnce(transition) {
    this.arrange();
    this.overlay.hide(transition);
    const [x, y] = this.world;
    await this.plot.draw(
      { x, y, z: this.codes, w: this.marks },
      { transition, transitionDuration: 600, preventFilterReset: true, zDataType: "categorical", wDataType: "categorical" },
    );
    this.overlay.hide(false);
    this.overlay.moved();
  }

  // -- hands ------------------------------------------------------------------------------------------------------
  drag(down) {
    if (down.target !== this.canvas || this.stage.classList.contains("lassoing")) return;
    let [x, y] = [down.clientX, down.clientY];
    const move = (event) => {
      this.turn = [this.turn[0] + (event.clientX - x) / 160, Math.max(-1.5, Math.min(1.5, this.turn[1] + (event.clientY - y) / 160))];
      [x, y] = [event.clientX, event.clientY];
      this.draw();
    };
    const up = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
  }

  // Two fingers move and zoom the map; one scrolls the page.
  pinch() {
    let before = null;
    const read = ({ touches }) => {
      const box = this.stage.getBoundingClientRect();
      const [[ax, ay], [bx, by]] = [touches[0], touches[1]].map((touch) => [touch.clientX - box.left, touch.clientY - box.top]);
      return { x: (ax + bx) / this.size[1] - this.size[0] / this.size[1], y: 1 - (ay + by) / this.size[1], apart: Math.hypot(ax - bx, ay - by) };
    };
    this.stage.addEventListener("touchstart", (event) => (before = event.touches.length === 2 ? read(event) : null));
    this.stage.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2 || !before) return;
      event.preventDefault();
      const now = read(event);
      const factor = now.apart / before.apart;
      const view = Array.from(this.plot.get("cameraView"));
      view[0] *= factor;
      view[5] *= factor;
      view[12] = (view[12] - before.x) * factor + now.x;
      view[13] = (view[13] - before.y) * factor + now.y;
      this.plot.set({ cameraView: view });
      before = now;
      this.overlay.moved();
    }, { passive: false });
  }

  destroy() {
    this.resize.disconnect();
    this.plot.destroy();
  }
}
