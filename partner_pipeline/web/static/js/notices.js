/** What was done and what went wrong, told in a corner, and to screen readers. */

import {html, render} from "../vendor/lit-html.js";
import {icons} from "./icons.js";

/** ms that a good notice stays; a bad one stays until it is closed. */
const STAYS = 7000;

const place = document.getElementById("notices");
let notices = [];

/** Tells that something was done. */
export function tell(text) {
  const notice = add(text, "good");
  setTimeout(() => close(notice), STAYS);
}

/** Tells what went wrong; a request that nobody waits for any more is no problem. */
export function tellProblem(error) {
  if (error.name === "AbortError") return;
  if (error.name !== "ApiError") console.error(error);
  add(error.name === "ApiError" ? error.message : "Something went wrong in this page. Reload it.", "bad");
}

function add(text, tone) {
  const notice = {text, tone};
  notices = [...notices.filter((each) => each.text !== text), notice].slice(-4);
  draw();
  return notice;
}

function close(notice) {
  notices = notices.filter((each) => each !== notice);
  draw();
}

const of = (tone) => notices.filter((each) => each.tone === tone).map((notice) => html`
  <div class="notice ${tone}">${tone === "bad" ? icons.warning : icons.ok}<p>${notice.text}</p>
    <button type="button" class="button quiet icon-only" @click=${() => close(notice)}>
      ${icons.close}<span class="unseen">Close notice</span></button>
  </div>`);

function draw() {
  render(html`<div role="status">${of("good")}</div><div role="alert">${of("bad")}</div>`, place);
}

draw();
