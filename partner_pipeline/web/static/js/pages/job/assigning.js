/** Giving a job to aircraft and pilots, and taking it back. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {ApiError, all, post, sentence} from "../../api.js";
import {confirm, form, open} from "../../dialogs.js";
import {words} from "../../format.js";
import {tell} from "../../notices.js";
import {badge, button, counted, empty} from "../../parts.js";
import {SYNC_TONES} from "../../states.js";

/** Asks who is to fly a job, and tells of each whether they can. */
export async function assign(live) {
  const job = live.data;
  const free = await others(job);
  if (!free.length) {
    await nobodyElse(job);
    return;
  }
  const done = await form({
    title: `Assign ${job.name}`,
    text: "A partner's aircraft gets the job at once, or as soon as the partner answers.",
    fields: [
      ...free.map(choice),
      {name: "notes", label: "Notes for them", type: "textarea"},
    ],
    action: "Assign",
    submit: ({notes, ...chosen}) => assigned(job, free.filter(({id}) => chosen[id]), notes),
  });
  if (!done) return;
  await live.reload();
  await told(done, new Map(free.map(({id, name}) => [id, name])));
}

const choice = (each) => ({
  name: each.id, type: "checkbox", label: html`${each.name} <small class="soft">${kindOf(each)}</small>`,
});

/** Aircraft and pilots of its customer who do not have it. */
async function others({customerId, assignments}) {
  const kinds = ["9", "PILOT"];
  const found = await Promise.all(kinds.map((kind) => all("/api/users", {kind, customerId, active: true})));
  const has = new Set(assignments.map(({userId}) => userId));
  return found.flat().filter(({id}) => !has.has(id));
}

const kindOf = ({partnerCode}) => partnerCode ? `aircraft at ${partnerCode}` : "pilot";

const nobodyElse = ({assignments}) => open({title: "Assign", draw: (close) => html`
  <div class="dialog-body">${assignments.length
    ? empty("Everybody has this job already.", "All aircraft and pilots of this customer have it.")
    : empty("There is nobody to fly it.", html`Set up an aircraft of this customer under <a
      href="/partners" @click=${() => close()}>Partners</a> first.`)}</div>
  <div class="dialog-foot">${button({label: "Close", run: () => close()})}</div>`});

async function assigned(job, chosen, notes) {
  if (!chosen.length) throw new ApiError(0, "validation", "Choose at least one aircraft or pilot.");
  const asUsers = chosen.map(({id}) => ({uid: id, notes: notes || null}));
  return post(`/api/jobs/${job.id}/assign`, {asUsers});
}

/** What became of each: a sentence where all is well, else a dialog. */
function told({assignments, errors, summary}, names) {
  if (!errors.length) {
    tell(`Assigned to ${assignments.map(({userId}) => names.get(userId)).join(", ")}.`);
    return undefined;
  }
  const failed = summary.failed ?? 0;
  const states = new Map(assignments.map(({userId, syncStatus}) => [userId, syncStatus]));
  const title = failed ? "Not everybody can have it" : "Assigned, and not there yet";
  return open({title, draw: (close) => html`
    <div class="dialog-body">
      <p>${failed
        ? `${counted(failed, "of them needs", "of them need")} somebody.`
        : "The job is uploaded as soon as the partner answers."}</p>
      <ul class="list">${errors.map(({userId, message, category}) => html`<li>
        <div class="partner-line"><b>${names.get(userId) ?? userId}</b>
          ${stateOf(states.get(userId), category)}</div>
        <span>${sentence(message)}</span></li>`)}</ul>
    </div>
    <div class="dialog-foot">${button({label: "Close", run: () => close()})}</div>`});
}

const stateOf = (state, category) => html`<span class="badges">
  ${badge(state ?? "not assigned", SYNC_TONES[state] ?? "bad")}
  ${category ? html`<small class="soft">${words(category)}</small>` : nothing}</span>`;

/** Asks first: a partner is not told. */
export async function takeBack(live, assignment) {
  const {jobId, userId, userName} = assignment;
  const sure = await confirm({
    title: `Take the job back from ${userName ?? userId}?`,
    text: consequence(assignment),
    action: "Take back",
    danger: true,
  });
  if (!sure) return;
  await post(`/api/jobs/${jobId}/assign`, {avUsers: [{uid: userId}]});
  tell(`Taken back from ${userName ?? userId}.`);
  await live.reload();
}

function consequence({extJobId, partnerCode, syncStatus}) {
  if (syncStatus !== "uploaded" && syncStatus !== "uncertain") return "It is not uploaded to them any more.";
  const there = extJobId ? `, and keeps the job as ${extJobId}` : " and may have the job";
  return `${partnerCode} is not told${there}: delete it there too. `
    + "Logs of it are matched to this job no more.";
}
