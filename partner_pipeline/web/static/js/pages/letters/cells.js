/** What rows of letters and of executions tell alike. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {words} from "../../format.js";
import {badge} from "../../parts.js";
import {said} from "./text.js";

/** Whose task it was, and at which partner. */
export const whose = (customer, partner) => html`<span
  class="whose">${customer}<small class="under">${partner}</small></span>`;

/** What went wrong, in a word and in a sentence. */
export const wrongLine = ({errorCategory, errorMessage}, unknown = nothing) => html`<span class="wrong-line">
  ${errorCategory ? badge(words(errorCategory), "bad") : unknown}
  <span class="clamped">${said(errorMessage)}</span></span>`;
