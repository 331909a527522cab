/** Whether a partner accepts a user name and a password: asked, and told. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {post, sentence} from "../../api.js";
import {clock} from "../../format.js";
import {badge, button} from "../../parts.js";

/** Asks the partner; what kept it from being asked is an answer too. */
export async function attempt(credentials) {
  try {
    return {...await post("/api/partners/systemUsers/testAuth", credentials), at: Date.now()};
  } catch (error) {
    if (error.name !== "ApiError") throw error;
    return {ok: false, error: error.message, errorCategory: null, at: Date.now()};
  }
}

/** What came of it, in a word. */
export function mark({ok, errorCategory}) {
  if (ok) return badge("accepted", "good");
  return errorCategory === "authentication" ? badge("refused", "bad") : badge("could not ask", "warn");
}

const verdict = (tested) => html`<p class="verdict">${mark(tested)} <small>
  ${tested.ok ? "The partner accepts them." : sentence(tested.error)}
  Tested ${clock(tested.at)}.</small></p>`;

/**
 * A button below the fields of a form that tests what is typed there, before it is saved.
 * @param credentials gives what to test, of the values of the fields; null: not all of it is there
 * @param missing what to say then
 */
export function trying(credentials, missing) {
  let said = null;
  let tested = null;
  return (values, update) => {
    const test = async () => {
      const given = credentials(values());
      const nothingYet = html`<p class="verdict"><small>${missing}</small></p>`;
      said = given === null ? nothingYet : verdict(await attempt(given));
      tested = JSON.stringify(given);
      update();
      document.querySelector("dialog .verdict")?.scrollIntoView({block: "nearest"});
    };
    // A verdict is about what was typed then.
    if (said !== null && tested !== JSON.stringify(credentials(values()))) said = null;
    return html`<div class="trying">
      ${button({label: "Test these credentials", run: test})}
      <div role="status">${said ?? nothing}</div></div>`;
  };
}
