/** A job: its fields, and who flies it. */

import {html, nothing} from "../../vendor/lit-html.js";
import {all, download, get} from "../api.js";
import {NONE, day, number, rate, time, whole} from "../format.js";
import {icons} from "../icons.js";
import {fieldMap, fieldsOf} from "../map.js";
import {button, card, empty, facts, head, once} from "../parts.js";
import {isAdmin, mayChange, user} from "../session.js";
import {assignments} from "./job/assignments.js";
import {assign} from "./job/assigning.js";
import {logs} from "./job/logs.js";

/** Seconds: an upload is under way for some seconds only. */
const EVERY = 5;

export function open(view) {
  const {id} = view.params;
  const job = view.live((signal) => get(`/api/jobs/${id}`, {}, signal), {every: EVERY});
  const flown = view.live((signal) => all("/api/logs", {jobId: id}, signal));
  view.draw(() => html`
    ${head(view, job.data?.name ?? "Job", {
      back: {path: "/jobs", title: "Jobs"},
      lead: job.loaded ? lead(job.data) : nothing,
      actions: job.loaded ? actions(job) : nothing,
    })}
    ${once(job, (found) => content(view, job, found, flown), 8)}`);
}

function lead({number, customerName}) {
  const named = number ? `Number ${number}` : "Without a number";
  return isAdmin() && customerName ? `${named} of ${customerName}` : named;
}

function actions(job) {
  const {data} = job;
  return html`
    ${button({label: html`${icons.download}.JOB file`, run: () => save(data, "native", "job")})}
    ${button({label: html`${icons.download}GeoJSON`, run: () => save(data, "converted", "geojson")})}
    ${mayChange()
      ? button({label: html`${icons.plus}Assign`, kind: "primary", run: () => assign(job)})
      : nothing}`;
}

/** Keeps the job as a file. A pilot who fetches a job that is assigned to them has it from then on. */
function save(job, format, ending) {
  const own = job.assignments.find(({userId}) => userId === user().id);
  return download("/api/export/downloadJob", {
    method: "POST",
    body: own ? {assignId: own.assignmentId, format} : {jobId: job.id, format},
    name: `${job.number ?? job.id}.${ending}`,
  });
}

const content = (view, live, job, flown) => html`
  ${card("Assignments", assignments(view, live, job))}
  ${card("Logs of this job", once(flown, (found) => logs(view, job, found), 2), {
    actions: html`<a href="/logs?jobId=${job.id}">See them in Logs</a>`,
  })}
  <div class="cards">
    ${card("Field", job.polygons.length
      ? fieldMap({features: fieldsOf(job.polygons), label: `Map of job ${job.name}`})
      : empty("This job has no polygon.", "It cannot be uploaded."))}
    ${card("Facts", facts([
      ["Number", job.number],
      ["Customer", isAdmin() ? job.customerName : null],
      ["Polygons", whole(job.polygonCount)],
      ["Rate", rate(job.rate)],
      ["Swath width", job.swathWidth === null ? NONE : `${number(job.swathWidth, 1)} m`],
      ["Not before", job.startDate && day(job.startDate)],
      ["Not after", job.endDate && day(job.endDate)],
      ["Added", job.createdAt && time(job.createdAt)],
      ["Changed", job.updatedAt !== job.createdAt && job.updatedAt ? time(job.updatedAt) : null],
    ]))}
  </div>`;
