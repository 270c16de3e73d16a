// A card as one HTML file that works without a network: its drawings, the script that draws them, the style.

export function save(name, blob) {
  const link = Object.assign(document.createElement("a"), {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function text(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.text();
}

/** A script with all that it imports as one address that needs no server. */
async function alone(url) {
  let code = await text(url);
  for (const [whole, path] of code.matchAll(/from "(\.[^"]+)"/g)) {
    code = code.replaceAll(whole, `from "${await alone(new URL(path, url).href)}"`);
  }
  const bytes = new TextEncoder().encode(code);
  return `data:text/javascript;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}

const inert = (json) => json.replaceAll("<", "\\u003c");

export async function offline(title, drawings, base) {
  const kinds = [...new Set(drawings.map((drawing) => drawing.kind))];
  const scripts = Object.fromEntries(await Promise.all(
    kinds.map(async (kind) => [kind, await alone(`${base}/loupe/static/kinds/${kind}.js`)])));
  const [style, drawn, plotly] = await Promise.all([text(`${base}/loupe/static/style.css`), text(`${base}/loupe/static/kinds.css`),
    kinds.includes("plotly") ? text(`${base}/loupe/static/plotly.min.js`) : ""]);
  const made = drawings.map(({model, version, seconds}) => `${model} · weights ${version} · ${seconds} s`).join(" | ");
  const page = document.implementation.createHTMLDocument(title);
  page.documentElement.lang = document.documentElement.lang;
  page.documentElement.dataset.theme = document.documentElement.dataset.theme;
  const add = (parent, tag, content, attributes = {}) => {
    parent.append(Object.assign(page.createElement(tag), {textContent: content, ...attributes}));
  };
  page.head.prepend(Object.assign(page.createElement("meta"), {httpEquiv: "content-type", content: "text/html; charset=utf-8"}));
  add(page.head, "style", style.replace(/@font-face {[^}]*}/, "") + drawn);
  add(page.body, "h1", title);
  add(page.body, "div", "", {className: "gradio-container figure"});
  page.querySelector("div").append(Object.assign(page.createElement("div"), {className: "drawings"}));
  add(page.body, "p", made);
  if (plotly) add(page.body, "script", plotly.replaceAll("</script", "<\\/script"));
  add(page.body, "script", `
    const drawings = ${inert(JSON.stringify(drawings))}, scripts = ${inert(JSON.stringify(scripts))};
    for (const drawing of drawings) {
      const place = document.querySelector(".drawings").appendChild(document.createElement("div"));
      place.className = "drawing";
      const kind = await import(scripts[drawing.kind]);
      await kind.draw(place, drawing, {base: "", pick() {}, kept: undefined});
    }`, {type: "module"});
  return new Blob([`<!doctype html>${page.documentElement.outerHTML}`], {type: "text/html"});
}
