// Plotly as a private object, drawn in the colours of the reader's theme.

let loading = null;
function library(base) {
  if (window.Plotly) return window.Plotly;  // an exported page brings it along
  loading ??= fetch(`${base}/loupe/static/plotly.min.js`).then((answer) => {
    if (!answer.ok) throw new Error(`plotly.min.js: ${answer.status}`);
    return answer.text();
  }).then((code) => {
    const module = {exports: {}};
    new Function("module", "exports", "define", code).call(window, module, module.exports, undefined);
    return module.exports;
  }).catch((error) => { loading = null; throw error; });
  return loading;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
function dressed(layout) {
  const axis = {color: colour("--loupe-muted"), gridcolor: colour("--loupe-line"), zerolinecolor: colour("--loupe-line"),
    linecolor: colour("--loupe-line")};
  const titled = (own) => {
    const title = typeof own?.title === "string" ? {text: own.title} : own?.title;
    return {...own, title: {font: {size: 13, color: colour("--loupe-muted")}, ...title}};
  };
  const axes = Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
  return {margin: {l: 8, r: 8, t: 8, b: 40}, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: {family: "Inter Variable, Inter, system-ui, sans-serif", size: 13, color: colour("--loupe-ink")},
    hoverlabel: {bgcolor: colour("--loupe-card"), bordercolor: colour("--loupe-line"), font: {color: colour("--loupe-ink")}},
    ...layout, ...Object.fromEntries(["xaxis", "yaxis", ...axes].map((name) => [name, {...axis, ...titled(layout[name])}]))};
}

const CONFIG = {displayModeBar: false, responsive: true, showSendToCloud: false, plotlyServerURL: ""};

export async function draw(place, drawing, {base}) {
  const figure = JSON.parse(drawing.figure);
  const paint = async () => (await library(base)).react(place, figure.data, dressed(figure.layout), CONFIG);
  place.style.minHeight = `${figure.layout.height ?? 320}px`;
  await paint();
  addEventListener("loupe-theme", paint);
  return {
    close: () => { removeEventListener("loupe-theme", paint); loading?.then((Plotly) => Plotly.purge(place)); },
    png: async () => (await fetch(await (await library(base)).toImage(place, {format: "png", scale: 2}))).blob(),
    data: () => ({model: drawing.model, version: drawing.version, figure}),
  };
}
