// What comes next: bars of the likeliest tokens; temperature, top-k and top-p are redone here from the logits.

import {bars, floats, make, percent, picture, shown, slider} from "../language/words.js";

const SHOWN = 12;

/** Chances of sorted logits at a temperature, and how many of them top-k and top-p keep. */
export function chances(logits, temperature, topK, topP) {
  const raised = Array.from(logits, (x) => Math.exp((x - logits[0]) / temperature));
  const sum = raised.reduce((a, b) => a + b, 0), before = raised.map((x) => x / sum);
  const most = topK || before.length;
  let held = before.slice(0, most).reduce((a, b) => a + b, 0), kept = 0, far = 0;
  while (kept < most && far < topP * held) far += before[kept++];
  return {kept, odds: before.map((x, n) => (n < kept ? x / far : 0)), heated: before};
}

export function draw(place, drawing, {pick, kept, word = (text) => text}) {
  const logits = floats(drawing.logits), {tokens, expected, grown, names} = drawing;
  place.classList.add("words", "next-token");
  const line = make("p", "chips-line"), sets = make("div", "sliders"), list = make("div"), foot = make("p", "told");
  tokens.forEach((token, n) => {
    const chip = make("span", "chip verbatim", shown(token)), share = n > tokens.length - 1 - expected.length ? expected[n - tokens.length + expected.length] : null;
    if (share !== null) chip.style.setProperty("--share", `${Math.round(70 * Math.sqrt(share))}%`);
    chip.title = share === null ? JSON.stringify(token) : `${JSON.stringify(token)} · ${percent(share)}`;
    chip.classList.toggle("grown", n >= tokens.length - grown.length);
    line.append(chip);
  });
  line.append(make("span", "chip asked", "?"));
  if (grown.length) {
    const [back, clear] = ["undo", "clear"].map((text) => make("button", "plain", word(text)));
    back.onclick = () => pick("grown", grown.slice(0, -1).join(","));
    clear.onclick = () => pick("grown", "");
    line.append(back, clear);
  }
  const heat = slider(word("temperature"), {min: 0.1, max: 2, step: 0.05, value: kept?.heat ?? 1});
  const topK = slider("top-k", {min: 0, max: 200, step: 1, value: kept?.topK ?? 0});
  const topP = slider("top-p", {min: 0.05, max: 1, step: 0.05, value: kept?.topP ?? 1});
  sets.append(heat.label, topK.label, topP.label);
  place.append(line, sets, list, foot);
  const plain = chances(logits, 1, 0, 1).odds;

  function paint() {
    const [temperature, k, p] = [heat, topK, topP].map(({input}) => Number(input.value));
    const {kept: left, odds, heated} = chances(logits, temperature, k, p);
    heat.said.textContent = temperature.toFixed(2);
    topK.said.textContent = k || word("all");
    topP.said.textContent = p.toFixed(2);
    const items = names.slice(0, SHOWN).map((name, n) => ({name, value: n < left ? odds[n] : heated[n], was: plain[n],
      faint: n >= left, note: n < left ? percent(odds[n]) : word("cut")}));
    list.replaceChildren(bars(items, (n) => pick("grown", [...grown, drawing.numbers[n]].join(","))));
    const bits = odds.reduce((sum, x) => (x > 0 ? sum - x * Math.log2(x) : sum), 0);
    foot.replaceChildren(make("span", "", word("tokens kept")), make("b", "verbatim", `${left} / ${logits.length}`),
      make("span", "", word("open choice, bits")), make("b", "verbatim", bits.toFixed(2)),
      make("span", "", word("the line marks temperature 1 without cuts")));
  }
  for (const {input} of [heat, topK, topP]) input.oninput = paint;
  paint();
  return {
    state: () => ({heat: heat.input.value, topK: topK.input.value, topP: topP.input.value}),
    png: () => picture(place),
    data: () => ({model: drawing.model, version: drawing.version, tokens, expected,
      next: names.map((name, n) => ({name, logit: logits[n]})), temperature: Number(heat.input.value)}),
  };
}
