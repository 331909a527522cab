/** Overview: whether everything is well, and where to look if not. */

import {html, nothing} from "../../vendor/lit-html.js";
import {get, sentence} from "../api.js";
import {midnight} from "../days.js";
import {NONE, ago, duration, percent, time, whole, words} from "../format.js";
import {icons} from "../icons.js";
import {badge, card, counted, empty, figure, head, once} from "../parts.js";
import {isAdmin} from "../session.js";
import {LOG_TONES} from "../states.js";

const HEALTH = {
  healthy: {tone: "good", icon: icons.ok, text: "All systems work"},
  degraded: {tone: "warn", icon: icons.warning, text: "Works, but somebody should look"},
  unhealthy: {tone: "bad", icon: icons.warning, text: "Something that is needed does not work"},
};
/** What a list of logs is asked for so that it has those that are counted here. */
const TODAY = "/logs?since=today";

export function open(view) {
  const overview = view.live((signal) => get("/api/overview", {since: midnight()}, signal));
  view.draw(() => html`
    ${head(view, "Overview", {lead: overview.loaded ? health(overview.data) : nothing})}
    ${once(overview, content, 8)}`);
}

function health({status}) {
  const {tone, text} = HEALTH[status];
  return badge(text, tone);
}

const content = (data) => html`
  <div class="figures">
    ${logFigures(data.logs)}
    ${taskFigure(data.tasks)}
    ${data.queues === null ? nothing : queueFigures(data.queues)}
  </div>
  <div class="cards">
    ${card("Partners", partners(data.partners))}
    ${card("Logs today", logs(data.logs))}
    ${data.queues === null ? nothing : card("Queues", queues(data.queues))}
    ${data.checks === null ? nothing : card("Health", checks(data.checks))}
    ${card("What went wrong lately", troubles(data.recentErrors), {wide: true})}
  </div>`;

function logFigures({total, byStatus, damaged, unmatched}) {
  const failed = byStatus.failed ?? 0;
  return html`
    ${figure({
      title: "Logs today", value: whole(total), href: TODAY,
      note: damaged ? `${counted(damaged, "log")} damaged` : "none damaged",
    })}
    ${figure({
      title: "Failed today", value: whole(failed), tone: failed ? "bad" : "",
      note: "logs that need somebody", href: `${TODAY}&status=failed`,
    })}
    ${figure({
      title: "Without a job", value: whole(unmatched), tone: unmatched ? "warn" : "",
      note: "processed today, not matched", href: `${TODAY}&decision=unmatched,ambiguous`,
    })}`;
}

function taskFigure({completed, failed, dead, errorRate}) {
  return figure({
    title: "Tasks that failed", value: percent(errorRate, 1), tone: errorRate > 0.05 ? "bad" : "",
    note: `of ${counted(completed + failed + dead, "task")} in 24 h`,
  });
}

/** What waits, and may not be worked on yet, has no age. */
const idle = (waiting) => waiting ? "for their next try" : "nothing waits";

function queueFigures(queues) {
  const waiting = sum(queues, ({waiting}) => waiting.messages + waiting.delayed);
  const dead = sum(queues, ({dead}) => dead.messages);
  const oldest = queues.map(({waiting}) => waiting.oldestSeconds).filter((age) => age !== null);
  return html`
    ${figure({
      title: "Waiting in queues", value: whole(waiting),
      note: oldest.length ? `the oldest for ${duration(Math.max(...oldest))}` : idle(waiting),
    })}
    ${figure({
      title: "Dead letters", value: whole(dead), tone: dead ? "bad" : "",
      note: dead ? "given up, to be looked at" : "none", href: "/letters",
    })}`;
}

const sum = (items, of) => items.reduce((total, each) => total + of(each), 0);

function partners(found) {
  if (!found.length) {
    return empty("No partner yet",
      html`An administrator adds the first one under <a href="/partners">Partners</a>.`);
  }
  return html`<ul class="list">${found.map((partner) => html`<li>
    <div class="partner-line"><b>${partner.partnerName}</b>${alive(partner)}</div>
    <small class="soft">${accounts(partner)} · ${counted(partner.activeJobs, "job")} there,
      ${whole(partner.pendingSyncs)} on their way · last poll ${ago(partner.lastSync)}</small>
  </li>`)}</ul>`;
}

function accounts({activeAccounts, failingAccounts}) {
  const failing = failingAccounts ? html`, <b>${whole(failingAccounts)} failing</b>` : nothing;
  return html`${counted(activeAccounts, "account")}${failing}`;
}

function alive({active, alive}) {
  if (!active) return badge("not in use");
  if (alive === null) return badge("not asked yet");
  return alive ? badge("answers", "good") : badge("does not answer", "bad");
}

function logs({byStatus, total, since}) {
  const states = Object.entries(byStatus).filter(([, count]) => count);
  if (!total) return empty("No log yet today", html`The day began at ${time(since)}.`);
  return html`
    <div class="bar" aria-hidden="true">${states.map(([status, count]) =>
      html`<span class=${LOG_TONES[status]} .style=${`flex: ${count}`}></span>`)}</div>
    <ul class="legend">${states.map(([status, count]) => html`<li><a href="${TODAY}&status=${status}">${badge(
      html`${whole(count)} ${status}`, LOG_TONES[status])}</a></li>`)}</ul>`;
}

const TITLES = ["Waiting", "Oldest", "Dead", "Archived"];

const queues = (found) => html`<div class="table-scroll"><table class="queues">
  <caption class="unseen">Queues</caption>
  <thead><tr><th scope="col">Queue</th>
    ${TITLES.map((title) => html`<th scope="col" class="number">${title}</th>`)}</tr></thead>
  <tbody>${found.map(queue)}</tbody></table></div>`;

function queue({queue: name, waiting, dead, archive}) {
  const later = waiting.delayed ? html` <small>${whole(waiting.delayed)} later</small>` : nothing;
  const cells = [
    html`${whole(waiting.messages)}${later}`,
    waiting.oldestSeconds === null ? NONE : duration(waiting.oldestSeconds),
    dead.messages ? html`<a href="/letters?queue=${name}">${whole(dead.messages)}</a>` : "0",
    whole(archive.messages),
  ];
  return html`<tr><th scope="row" class="main queue-name">${name}</th>
    ${cells.map((cell, at) => html`<td class="number" data-title=${TITLES[at]}>${cell}</td>`)}</tr>`;
}

const checks = (found) => html`<ul class="list">${found.map(({name, status, message}) => html`<li>
  <div class="partner-line"><b>${words(name)}</b>${badge(status, HEALTH[status].tone)}</div>
  <small class="soft">${message}</small></li>`)}</ul>`;

function troubles(found) {
  if (!found.length) return empty("Nothing", "No account, assignment or task has trouble.");
  return html`<ul class="list">${found.map((trouble) => html`<li>
    <div class="partner-line">
      <span>${place(trouble)} at ${trouble.partnerCode}
        ${trouble.category ? badge(words(trouble.category), "bad") : nothing}</span>
      <small class="soft">${ago(trouble.at)}</small>
    </div>
    <span>${trouble.message ? sentence(trouble.message) : nothing}</span></li>`)}</ul>`;
}

/** Where somebody can do something about it. */
function place({what, customerId, jobId, logId}) {
  if (logId) return link(`/logs/${logId}`, "Log");
  if (jobId) return link(`/jobs/${jobId}`, what === "task" ? "Upload of a job" : "Job");
  if (what === "account") return link(`/partners?customer=${customerId}`, "Account");
  return link(isAdmin() ? "/letters" : "/logs?status=failed", "Task");
}

const link = (path, name) => html`<a href=${path}><b>${name}</b></a>`;
