// A row a stage of drawing: what its vector is near to in numbers, the drawn picture, the collection's nearest pictures.

const element = (tag, className, text = "") => Object.assign(document.createElement(tag), {className, textContent: text});

export async function draw(place, drawing, {word = (text) => text}) {
  place.classList.add("stages");
  const named = (row) => word(row.name) + (row.draw ? ` · ${word("draw")} ${row.draw}` : "");
  const rows = await Promise.all(drawing.rows.map(async (row) => {
    const node = element("section", `stage-row ${row.kind}`), told = element("dl", "told"), near = element("div", "near");
    for (const [name, cosine] of row.numbers) {
      told.append(element("dt", "", word(name)), element("dd", "", cosine.toFixed(3)));
    }
    const large = row.picture ? Object.assign(new Image(), {src: row.picture, alt: named(row), className: "large"}) : null;
    const small = row.near.map(({picture, cosine, caption}) => {
      const figure = element("figure", ""), image = Object.assign(new Image(), {src: picture, alt: caption, title: caption});
      figure.append(image, element("figcaption", "", cosine.toFixed(3)));
      near.append(figure);
      return image;
    });
    const head = element("div", "head");
    head.append(element("h3", "", named(row)), told);
    node.append(head, ...(large ? [large] : []), near);
    place.append(node);
    await Promise.all([large, ...small].filter(Boolean).map((image) => image.decode()));
    return {row, large, small};
  }));
  place.append(element("p", "compared", `${word("cosine similarity")} · ${drawing.compared} ${word("pictures of the collection")}`));
  if (drawing.waiting) place.append(element("p", "waiting", word("drawing…")));
  return {
    png: () => new Promise((resolve) => {
      const side = 96, gap = 10, left = 260, page = document.createElement("canvas"), pen = page.getContext("2d");
      const across = Math.max(...rows.map(({small, large}) => small.length + (large ? 1 : 0)));
      Object.assign(page, {width: left + across * (side + gap), height: rows.length * (side + 34)});
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, page.width, page.height);
      pen.fillStyle = "#1b1d22";
      rows.forEach(({row, large, small}, n) => {
        const top = n * (side + 34) + 8;
        pen.font = "600 14px sans-serif";
        pen.fillText(named(row), 8, top + 14, left - 16);
        pen.font = "13px sans-serif";
        row.numbers.forEach(([name, cosine], k) => pen.fillText(`${word(name)} ${cosine.toFixed(3)}`, 8, top + 36 + 18 * k, left - 16));
        [...(large ? [large] : []), ...small].forEach((image, k) => {
          const scale = side / Math.max(image.naturalWidth, image.naturalHeight), x = left + k * (side + gap);
          pen.drawImage(image, x, top, image.naturalWidth * scale, image.naturalHeight * scale);
          const near = row.near[k - (large ? 1 : 0)];
          if (near) pen.fillText(near.cosine.toFixed(3), x, top + side + 16);
        });
      });
      page.toBlob(resolve, "image/png");
    }),
    data: () => ({model: drawing.model, version: drawing.version, compared: drawing.compared,
      stages: drawing.rows.map((row) => ({stage: row.kind, draw: row.draw, cosines: Object.fromEntries(row.numbers),
        nearest: row.near.map(({cosine, caption}) => ({caption, cosine}))}))}),
  };
}
