"""Styles and the script of the page.

Colours are Gradio's variables, so that all follows the light and the dark
theme. Nothing is loaded from elsewhere: fonts are the system's.
"""

FONTS = ('system-ui', '-apple-system', 'Segoe UI', 'Roboto', 'sans-serif')
MONOSPACED = ('ui-monospace', 'Menlo', 'Consolas', 'monospace')

CSS = """
.gradio-container { --subdued: color-mix(in srgb,
  var(--body-text-color) 78%, var(--body-background-fill));
  --block-info-text-color: var(--subdued);
  --button-primary-background-fill: #c2410c;
  --button-primary-background-fill-hover: #9a3412; }
.gradio-container :is(.or, .min_value, .max_value) {
  color: var(--subdued) !important; }
.gradio-container :focus-visible { outline-offset: 2px;
  outline: 2px solid var(--body-text-color) !important; }
.gradio-container { max-width: 1240px !important; margin: auto; }
.page-title h1 { font-size: 1.6rem; font-weight: 650; margin: 0; }
.page-title p { margin: .2rem 0 0; color: var(--subdued); }
.notice { padding: .7rem .9rem; border-radius: 8px; line-height: 1.45;
  border: 1px solid var(--border-color-primary); border-left-width: 5px;
  background: var(--background-fill-secondary);
  color: var(--body-text-color); overflow-wrap: anywhere; }
.notice.error { border-left-color: #d92d20; }
.notice.warning { border-left-color: #dc8a04; }
.notice.hint { border-left-color: var(--color-accent); }
#task .wrap { gap: 6px; }
@media (min-width: 480px) { #task .wrap { flex-wrap: nowrap; } }
#task .wrap label { padding: 6px 10px; }
#examples .grid-wrap { min-height: 0; }
#examples .thumbnail-item { aspect-ratio: 5 / 3; height: auto; }
.view { margin: 0; }
.view img { display: block; width: 100%; max-height: 70vh;
  object-fit: contain; border-radius: 8px;
  background: var(--background-fill-secondary); }
.view[data-kind] img { cursor: crosshair; }
.view figcaption { padding-top: .35rem; color: var(--body-text-color);
  font-variant-numeric: tabular-nums; }
.empty { display: grid; place-items: center; min-height: 320px;
  padding: 2rem; text-align: center; border-radius: 8px;
  border: 2px dashed var(--border-color-primary);
  color: var(--subdued); }
.facts { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem;
  color: var(--subdued);
  font-variant-numeric: tabular-nums; }
.facts b { color: var(--body-text-color); font-weight: 600; }
.legend { width: 100%; border-collapse: collapse;
  color: var(--body-text-color); font-variant-numeric: tabular-nums; }
.legend th { text-align: left; font-weight: 500; }
.legend thead th { font-size: .85em; padding-bottom: .3rem;
  color: var(--subdued); }
.legend tbody th, .legend td { padding: .22rem .6rem .22rem 0;
  border-top: 1px solid var(--border-color-primary); }
.legend .value { text-align: right; width: 5.5em; }
.legend .bar { width: 45%; padding-right: 0; }
.legend .bar span { display: block; height: .55em; border-radius: 3px;
  min-width: 2px; box-shadow: 0 0 0 1px rgba(128, 128, 128, .6); }
.files h2 { font-size: .95rem; font-weight: 600; margin: 0 0 .3rem;
  color: var(--body-text-color); }
.files ul { list-style: none; margin: 0; padding: 0; }
.files li { padding: .15rem 0; color: var(--subdued); }
.files a { color: var(--link-text-color); text-decoration: underline; }
.swatch { display: inline-block; width: 1em; height: 1em;
  border-radius: 3px; margin-right: .55em; vertical-align: -.12em;
  box-shadow: 0 0 0 1px rgba(128, 128, 128, .6); }
.scale .ramp { height: 18px; border-radius: 4px; }
.scale .ticks { display: flex; justify-content: space-between;
  padding-top: .25rem; color: var(--body-text-color);
  font-variant-numeric: tabular-nums; }
.scale p { margin: .3rem 0 0; color: var(--subdued); }
"""

POINTER = """
let known = { values: null, cells: null };
const read = (figure) => {
  // Gradio keeps the element and changes its attributes.
  const { kind, values } = figure.dataset;
  if (known.values !== values) {
    const bytes = Uint8Array.from(atob(values), (x) => x.charCodeAt(0));
    const wide = kind === 'depth';
    known = { values, cells: wide ? new Uint16Array(bytes.buffer) : bytes };
  }
  return known.cells;
};
const describe = (figure, x, y) => {
  const value = read(figure)[y * Number(figure.dataset.width) + x];
  if (figure.dataset.kind === 'labels') {
    return JSON.parse(figure.dataset.names)[value] ?? 'no class';
  }
  if (value === 0) return 'no distance';
  return ((value - 1) * Number(figure.dataset.step)).toFixed(2) + ' m';
};
const say = (figure, words) => {
  const caption = figure.querySelector('figcaption');
  caption.textContent = words ?? caption.dataset.hint;
};
element.addEventListener('pointermove', (event) => {
  const figure = event.target.closest('.view[data-kind]');
  if (figure === null || event.target.tagName !== 'IMG') return;
  const [width, height] = [figure.dataset.width, figure.dataset.height];
  const box = event.target.getBoundingClientRect();
  // The picture keeps its shape, so that there may be a margin around it.
  const ratio = Math.min(box.width / width, box.height / height);
  const left = box.left + (box.width - ratio * width) / 2;
  const top = box.top + (box.height - ratio * height) / 2;
  const x = Math.floor((event.clientX - left) / ratio);
  const y = Math.floor((event.clientY - top) / ratio);
  const inside = x >= 0 && y >= 0 && x < width && y < height;
  say(figure, inside ? `${describe(figure, x, y)} at ${x}, ${y}` : null);
});
element.addEventListener('pointerout', (event) => {
  const figure = event.target.closest('.view[data-kind]');
  if (figure !== null) say(figure, null);
});
"""
