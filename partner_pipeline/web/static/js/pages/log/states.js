/** What happens to a log that is under way, and what to do with one that failed. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {sentence} from "../../api.js";
import {ago, words} from "../../format.js";
import {icons} from "../../icons.js";
import {badge} from "../../parts.js";
import {isAdmin} from "../../session.js";

const UNDER_WAY = {
  pending: "The partner has this log. It is downloaded at the next look there.",
  downloading: "It is being downloaded from the partner.",
  downloaded: "It is downloaded, and waits to be processed.",
  queued: "It waits to be processed.",
  processing: "It is being processed.",
};

/** Of a log or of a task; nothing where nothing is under way. */
export function underWay(found) {
  const {status, errorMessage, retryCount} = found;
  if (found.executionId && status !== "queued" && status !== "processing") return failure(found);
  if (!Object.hasOwn(UNDER_WAY, status)) return nothing;
  const tried = retryCount > 1 ? `${retryCount} times` : "once";
  return html`<div class="banner" role="status"><span class="turning" aria-hidden="true"></span><div>
    <p><b>${UNDER_WAY[status]}</b> This page shows it as soon as it is done.</p>
    ${errorMessage
      ? html`<p>Tried ${tried} without success: ${sentence(errorMessage)}</p>` : nothing}</div></div>`;
}

/** What helps, by the category of the failure. */
const HELP = {
  processing: "The file cannot be read as a log. Look whether it is one, and whether the aircraft can send"
    + " it again; then process it again with a fresh download.",
  validation: "Something that it needs is not as it should be. Put that right, then process it again.",
  authentication: "The partner refuses the account. Put its credentials right under Partners, then process"
    + " it again.",
  partner_down: "The partner did not answer. Process it again when it does.",
  rate_limit: "The partner was asked too often. Process it again later.",
  transient: "It may well work now: process it again.",
  infrastructure: "Storage or queues of the pipeline did not work. Process it again when they do.",
};

const OWN_HELP = "Look whether it is the right file, and add it again.";
const OTHER_HELP = "Look at what was done below, then process it again.";

/** Of a log or of a task; nothing where nothing failed. */
export function failure(found) {
  const {status, errorMessage, errorCategory, retryCount, failedAt} = found;
  if (status === "skipped") {
    const why = sentence(errorMessage ?? "There was nothing to do with it.");
    return html`<p class="banner">${icons.warning}<span><b>This log was skipped.</b> ${why}</span></p>`;
  }
  if (!["failed", "dlq", "archived"].includes(status)) return nothing;
  return html`<section class="problem" aria-label="What went wrong">${icons.warning}<div>
    <p><b>This log could not be processed.</b> ${errorCategory ? badge(words(errorCategory), "bad") : nothing}
      ${failedAt ? html`<span class="soft">${ago(failedAt)}</span>` : nothing}</p>
    <p>${sentence(errorMessage ?? "Nobody told why.")}</p>
    <p>${found.type === "process_partner_data_file" ? OWN_HELP : HELP[errorCategory] ?? OTHER_HELP}
      ${retryCount > 1 ? `It was tried ${retryCount} times.` : nothing}
      ${letter(found)}</p></div></section>`;
}

/** Where its task waits to be tried again. */
function letter(found) {
  const task = found.executionId ? found : found.tasks.at(-1);
  if (!isAdmin() || task?.status !== "dlq") return nothing;
  return html`Its task is among the <a href="/letters?queue=${task.queue}">dead letters</a>.`;
}
