// The empty cards; every text is put in by the scripts, in the reader's language.
const icon = (path) => `<svg viewBox="0 0 16 16" aria-hidden="true">${path}</svg>`;

export const skeleton = `
<section class="lx-card lx-map">
  <header>
    <h2></h2><button type="button" class="lx-plain lx-collections"></button><span class="lx-counts lx-muted"></span>
    <div class="lx-segments lx-layout" role="group"></div>
    <div class="lx-segments lx-colour" role="group"></div>
  </header>
  <div class="lx-stage">
    <canvas tabindex="0"></canvas>
    <div class="lx-tools">
      <button type="button" data-act="lasso" aria-pressed="false">${icon('<path d="M8 2.5c3.3 0 5.5 1.5 5.5 3.7S11.300 10 8 10 2.500 8.500 2.500 6.200 4.700 2.500 8 2.500z" stroke-dasharray="2.400 2"/><path d="M5.500 10.200c-.8.9-.6 2.300.6 2.300s1-1.600 0-2.300"/>')}</button>
      <button type="button" data-act="in">${icon('<path d="M8 3v10M3 8h10"/>')}</button>
      <button type="button" data-act="out">${icon('<path d="M3 8h10"/>')}</button>
      <button type="button" data-act="all">${icon('<path d="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"/>')}</button>
    </div>
    <div class="lx-hover"></div>
    <div class="lx-note" role="status"></div>
  </div>
  <div class="lx-foot">
    <div class="lx-row"><div class="lx-legend"></div><span class="lx-quality lx-muted lx-numbers lx-push"></span></div>
    <div class="lx-row">
      <label class="lx-gap"><span class="lx-gap-name lx-muted lx-numbers"></span><input type="range" min="0" max="10" step="0.1" value="0"><span class="lx-gap-end lx-muted"></span></label>
      <span class="lx-recall lx-muted lx-numbers"></span>
      <span class="lx-selected lx-muted lx-push lx-numbers" role="status"></span>
      <button type="button" class="lx-plain lx-clear" hidden></button>
      <button type="button" class="lx-plain lx-tags" disabled></button>
      <button type="button" class="lx-plain lx-views"></button>
      <button type="button" class="lx-plain lx-export"></button>
    </div>
  </div>
</section>
<section class="lx-card lx-results">
  <header><h2></h2><div class="lx-segments lx-mode" role="group"></div><span class="lx-under lx-numbers" role="status"></span><span class="lx-extra lx-muted"></span></header>
  <div class="lx-grid"></div>
  <div class="lx-look" role="group"></div>
  <div class="lx-lean"></div>
</section>`;
