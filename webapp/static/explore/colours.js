// Colours of categories and of numbers, as #rrggbb.

// Okabe & Ito's palette, told apart by the colour-blind; its yellow and black made legible on light and dark.
const OKABE_ITO = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a800", "#7a7a7a"];
const VIRIDIS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];

// As many colours as asked for: after Okabe and Ito's eight come hues by the golden angle in three lightnesses, so
// that neighbours in the list stay apart however long it is.
export function categoryColours(count) {
  return Array.from({ length: count }, (_, index) =>
    index < OKABE_ITO.length ? OKABE_ITO[index] : oklch([0.62, 0.48, 0.76][index % 3], 0.11, (index * 137.508 + 20) % 360));
}

export function viridis(count) {
  return Array.from({ length: count }, (_, index) => {
    const at = (index / Math.max(count - 1, 1)) * (VIRIDIS.length - 1);
    const low = Math.min(Math.floor(at), VIRIDIS.length - 2);
    return mix(VIRIDIS[low], VIRIDIS[low + 1], at - low);
  });
}

function mix(one, other, share) {
  const channels = [1, 3, 5].map((at) => {
    const [a, b] = [one, other].map((colour) => parseInt(colour.slice(at, at + 2), 16));
    return Math.round(a + (b - a) * share);
  });
  return hex(channels);
}

// OKLCH to sRGB (Ottosson 2020), clipped to what a screen shows.
function oklch(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const [l, m, s] = [
    lightness + 0.3963377774 * a + 0.2158037573 * b,
    lightness - 0.1055613458 * a - 0.0638541728 * b,
    lightness - 0.0894841775 * a - 1.291485548 * b,
  ].map((value) => value ** 3);
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return hex(linear.map((value) => {
    const light = Math.min(Math.max(value, 0), 1);
    return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
  }));
}

function hex(channels) {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}
