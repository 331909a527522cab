/** Which job a log belongs to, why, and saying it by hand. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {post} from "../../api.js";
import {confirm} from "../../dialogs.js";
import {NONE, number, percent} from "../../format.js";
import {tell} from "../../notices.js";
import {badge, button, empty} from "../../parts.js";
import {mayChange} from "../../session.js";
import {chooseAssignment} from "./assignments.js";

const NO_JOB = "Belongs to no job";

/** Why the pipeline chose, as `match.by` names it. */
const BY = {
  file_name: () => "The name of the file names it.",
  job_label: () => "The label that the pilot's job has in the log names it.",
  overlap: ({overlap}) => `${percent(overlap)} of what was sprayed lies in its field.`,
  first_assignment: () =>
    "It is the earliest open assignment of this aircraft, and nothing speaks for another.",
};

export function match(log, changed) {
  const {candidates} = log.match;
  return html`
    <p>${told(log)}</p>
    ${candidates.length ? considered(log, changed)
      : empty("No job was considered", "This aircraft had no open assignment when the log was processed.")}`;
}

/** What a person may do about it; for the head of the card. */
export function matchActions(log, changed) {
  if (!mayChange()) return nothing;
  const isNone = log.assignmentId === null;
  const undoing = button({
    label: isNone ? NO_JOB : "Undo the match",
    run: () => { undo(log, changed); },
  });
  const matching = button({
    label: "Match by hand",
    kind: isNone ? "primary" : "plain",
    run: () => { byHand(log, changed); },
  });
  return html`${log.decision === "manual" && isNone ? nothing : undoing}${matching}`;
}

function told(log) {
  const {decision, assignmentId, by, byName, userName, candidates} = log.match;
  const pilot = userName ? html`, flown by ${userName}` : nothing;
  const job = html`<a href="/jobs/${log.jobId}"><b>${log.jobName ?? log.jobId}</b></a>${pilot}`;
  if (decision === "manual") {
    const who = byName ?? "A person";
    return assignmentId === null
      ? html`${who} said that this log belongs to no job.`
      : html`${who} said that this log belongs to ${job}.`;
  }
  if (decision === "matched") {
    const chosen = candidates.find((each) => each.assignmentId === assignmentId) ?? {};
    return html`This log belongs to ${job}. ${Object.hasOwn(BY, by) ? BY[by](chosen) : nothing}`;
  }
  if (decision === "ambiguous") {
    return "More than one job would do, and nothing tells which. Somebody should choose.";
  }
  return "No job was found that this log belongs to.";
}

const COLUMNS = ["Job", "File name", "Job label", "Aircraft", "Time", "Overlap", "Score", "Result"];
const FIGURES = new Set(["Overlap", "Score"]);

const considered = (log, changed) => html`<div class="table-scroll considered"><table>
  <caption class="unseen">Assignments that were considered</caption>
  <thead><tr>
    ${COLUMNS.map((each) => html`
      <th scope="col" class=${FIGURES.has(each) ? "number" : nothing}>${each}</th>`)}
    <th scope="col"><span class="unseen">Actions</span></th></tr></thead>
  <tbody>${log.match.candidates.map((each) => candidate(log, each, changed))}</tbody></table></div>`;

function candidate(log, each, changed) {
  const isChosen = each.assignmentId === log.match.assignmentId;
  return html`<tr>
    <th scope="row" class="main" data-title="Job"><div>
      <a href="/jobs/${each.jobId}">${each.jobName ?? each.jobId}</a>
      <small>${numbers(each)}</small></div></th>
    <td data-title="File name">${said(each.fileName, "names it", "names another")}</td>
    <td data-title="Job label">${said(each.jobLabel, "names it", "names another")}</td>
    <td data-title="Aircraft">${said(each.aircraft, "the same", "another")}</td>
    <td data-title="Time">${said(each.time, "fits", "does not fit")}</td>
    <td class="number" data-title="Overlap">${percent(each.overlap)}</td>
    <td class="number" data-title="Score">${number(each.score, 2)}</td>
    <td class="why" data-title="Result">${isChosen ? badge("chosen", "good") : ruledOut(each)}</td>
    <td class="number does">${isChosen || !mayChange() ? nothing : chooseButton(log, each, changed)}</td>
  </tr>`;
}

const said = (reason, yes, no) => reason === null ? NONE : reason ? html`<b>${yes}</b>` : no;

const numbers = ({jobNumber, extJobId}) =>
  [jobNumber ? `Job ${jobNumber}` : "", extJobId ? `${extJobId} at the partner` : ""]
    .filter(Boolean).join(" · ");

function ruledOut({excluded, aircraft, time}) {
  if (!excluded) return NONE;
  const why = [aircraft === false ? "another aircraft" : "", time === false ? "another time" : ""]
    .filter(Boolean).join(", ");
  return `ruled out${why ? `: ${why}` : ""}`;
}

const chooseButton = (log, each, changed) => button({
  label: html`Choose<span class="unseen"> job ${each.jobNumber} ${each.jobName}</span>`,
  run: () => { choose(log, each, changed); },
});

async function choose(log, {assignmentId, jobName, jobNumber}, changed) {
  const agreed = await confirm({
    title: "Match by hand",
    text: html`${log.fileName} will belong to <b>${jobName}</b> (job ${jobNumber}),
      also when it is processed again.`,
    action: "Match",
  });
  if (agreed) await say(log, assignmentId, changed, "The log is matched.");
}

async function undo(log, changed) {
  const isNone = log.assignmentId === null;
  const counting = html`, and its area and volume no longer count for <b>${log.jobName}</b>`;
  const agreed = await confirm({
    title: isNone ? NO_JOB : "Undo the match",
    text: html`${log.fileName} will belong to no job${isNone ? nothing : counting}.
      It stays so when it is processed again, until somebody matches it by hand.`,
    action: isNone ? NO_JOB : "Undo the match",
  });
  if (agreed) await say(log, null, changed, "The log belongs to no job.");
}

async function byHand(log, changed) {
  const submit = (assignmentId) => post(`/api/logs/${log.id}/match`, {assignmentId});
  const done = await chooseAssignment(log, submit);
  if (!done) return;
  tell("The log is matched.");
  await changed();
}

async function say(log, assignmentId, changed, text) {
  await post(`/api/logs/${log.id}/match`, {assignmentId});
  tell(text);
  await changed();
}
