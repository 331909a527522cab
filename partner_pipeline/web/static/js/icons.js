/** Pictures beside words, never instead of them: so that nobody need hear them. */

import {html, svg} from "../vendor/lit-html.js";

const icon = (shape) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${shape}</svg>`;

export const icons = {
  overview: icon(svg`<path d="M4 13h6V4H4zM14 20h6V11h-6zM4 20h6v-3H4zM14 4v3h6V4z"/>`),
  logs: icon(svg`<path d="M4 19 9 8l4 7 3-5 4 9M4 5h.01M12 5h.01M20 5h.01"/>`),
  jobs: icon(svg`<path d="m4 7 8-3 8 4-2 11-11 1zM4 7l7 5 9-4M11 12l-4 8"/>`),
  letters: icon(svg`<path d="M4 6h16v12H4zM4 7l8 6 8-6M9 21l6-6"/>`),
  partners: icon(svg`<path
    d="M7 11a4 4 0 0 1 7-2.6A3.5 3.5 0 1 1 17 15H7a2 2 0 1 1 0-4M8 20v-2M12 21v-3M16 20v-2"/>`),
  refresh: icon(svg`<path d="M20 5v5h-5M4 19v-5h5M19 10a7.5 7.5 0 0 0-13-3M5 14a7.5 7.5 0 0 0 13 3"/>`),
  close: icon(svg`<path d="m6 6 12 12M18 6 6 18"/>`),
  out: icon(svg`<path d="M14 4H5v16h9M10 12h10M17 9l3 3-3 3"/>`),
  ok: icon(svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`),
  warning: icon(svg`<path d="M12 4 2.8 20h18.4zM12 10v5M12 17.6v.01"/>`),
  back: icon(svg`<path d="M20 12H5M11 6l-6 6 6 6"/>`),
  download: icon(svg`<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14"/>`),
  plus: icon(svg`<path d="M12 5v14M5 12h14"/>`),
  minus: icon(svg`<path d="M5 12h14"/>`),
  whole: icon(svg`<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>`),
};
