/** Who flies a job, and whether the partner has it: the table, and what can be done with each. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {sentence} from "../../api.js";
import {ago, time, whole, words} from "../../format.js";
import {icons} from "../../icons.js";
import {badge, button, empty} from "../../parts.js";
import {mayChange} from "../../session.js";
import {SYNC_TONES} from "../../states.js";
import {table} from "../../table.js";
import {takeBack} from "./assigning.js";
import {resolve, upload, uploadAgain} from "./uploading.js";

/** @param live data of the job, loaded again after a change */
export function assignments(view, live, job) {
  return html`
    ${table(view, {
      caption: "Assignments", columns: columns(live), rows: job.assignments, one: "assignment",
      key: ({assignmentId}) => assignmentId,
      nothingHere: empty("Nobody flies this job yet.",
        mayChange() ? "Assign it to an aircraft or a pilot." : nothing),
    })}
    ${job.assignments.filter(({error}) => error).map(trouble)}`;
}

const trouble = (each) => html`<p class="banner ${each.syncStatus === "failed" ? "bad" : "warning"}">
  ${icons.warning}
  <span><b>${nameOf(each)}:</b> ${sentence(each.error)}</span></p>`;

const columns = (live) => [
  {
    name: "user", title: "Who", main: true, value: nameOf,
    cell: (each) => html`<div class="account">${nameOf(each)}${each.notes
      ? html`<small class="under">“${each.notes}”</small>`
      : nothing}</div>`,
  },
  {
    name: "partner", title: "Partner",
    value: ({partnerCode, extJobId}) => `${partnerCode ?? "none"} ${extJobId ?? ""}`,
    cell: ({partnerCode, extJobId}) => html`<div>${partnerCode ?? "none"}${extJobId
      ? html`<small class="under">as ${extJobId}</small>`
      : nothing}</div>`,
  },
  {name: "since", title: "Assigned", value: ({date}) => date, cell: ({date}) => time(date)},
  {name: "state", title: "State", value: ({syncStatus}) => syncStatus, cell: state},
  {
    name: "attempts", title: "Attempts", number: true, value: ({attempts}) => attempts,
    cell: ({attempts, lastAttempt}) => html`<div>${whole(attempts)}${lastAttempt
      ? html`<small class="under">${ago(lastAttempt)}</small>`
      : nothing}</div>`,
  },
  ...(mayChange() ? [{name: "actions", title: "", cell: (each) => actions(live, each)}] : []),
];

const nameOf = ({userName, userId}) => userName ?? userId;

function state({syncStatus, status, errorCategory, nextRetry}) {
  // That nobody knows is said by the state.
  const why = syncStatus === "uncertain" ? null : errorCategory;
  const told = syncStatus === "internal" ? status.toLowerCase() : syncStatus;
  return html`<span class="badges">${badge(told, SYNC_TONES[syncStatus])}
    ${why ? html`<small class="soft">${words(why)}</small>` : nothing}
    ${nextRetry ? html`<small class="soft">tried again at ${time(nextRetry)}</small>` : nothing}</span>`;
}

function actions(live, each) {
  const named = (text) => html`${text}<span class="unseen"> ${nameOf(each)}</span>`;
  const ways = {
    uploaded: () => button({label: named("Upload again"), run: () => uploadAgain(live, each)}),
    queued: () => button({label: named("Upload now"), run: () => upload(live, each)}),
    failed: () => button({label: named("Upload now"), run: () => upload(live, each)}),
    uncertain: () => button({label: named("Resolve"), kind: "primary", run: () => resolve(live, each)}),
    internal: () => nothing,
  };
  return html`<div class="row-actions">${ways[each.syncStatus]()}
    ${button({label: named("Take back"), kind: "quiet", run: () => takeBack(live, each)})}</div>`;
}
