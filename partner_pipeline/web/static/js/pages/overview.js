/** Overview: whether everything is well, and where to look if not. */

import {html, nothing} from "../../vendor/lit-html.js";
import {get, sentence} from "../api.js";
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

export function open(view) {
  const overview = view.live((signal) => get("/api/overview", {}, signal));
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
    ${figure({title: "Logs today", value: whole(data.logs.total), note: note(data.logs), href: "/logs?since=today&source=partner"})}
    ${figure({title: "Failed today", value: whole(data.logs.byStatus.failed ?? 0), tone: data.logs.byStatus.failed ? "bad" : "", note: "logs that need somebody", href: "/logs?since=today&source=partner&status=failed"})}
    ${figure({title: "Without a job", value: whole(data.logs.unmatched), tone: data.logs.unmatched ? "warn" : "", note: "processed today, not matched", href: "/logs?since=today&decision=unmatched"})}
    ${figure({title: "Tasks that failed", value: percent(data.tasks.errorRate, 1), tone: data.tasks.errorRate > 0.05 ? "bad" : "", note: `of ${counted(data.tasks.completed + data.tasks.failed + data.tasks.dead, "task")} in 24 h`})}
    ${data.queues === null ? nothing : queueFigures(data.queues)}
  </div>
  <div class="cards">
    ${card("Partners", partners(data.partners))}
    ${card("Logs today", logs(data.logs))}
    ${data.queues === null ? nothing : card("Queues", queues(data.queues))}
    ${data.checks === null ? nothing : card("Health", checks(data.checks))}
    ${card("What went wrong lately", troubles(data.recentErrors), {wide: true})}
  </div>`;

const note = ({damaged}) => damaged ? `${counted(damaged, "log")} damaged` : "none damaged";

function queueFigures(queues) {
  const waiting = sum(queues, ({waiting}) => waiting.messages + waiting.delayed);
  const dead = sum(queues, ({dead}) => dead.messages);
  const oldest = queues.map(({waiting}) => waiting.oldestSeconds).filter((age) => age !== null);
  return html`
    ${figure({title: "Waiting in queues", value: whole(waiting), note: oldest.length ? `the oldest for ${duration(Math.max(...oldest))}` : "nothing waits"})}
    ${figure({title: "Dead letters", value: whole(dead), tone: dead ? "bad" : "", note: dead ? "given up, to be looked at" : "none", href: "/letters"})}`;
}

const sum = (items, of) => items.reduce((total, each) => total + of(each), 0);

function partners(found) {
  if (!found.length) return empty("No partner yet", html`An administrator adds the first one under <a href="/partners">Partners</a>.`);
  return html`<ul class="list">${found.map((partner) => html`<li>
    <div class="partner-line"><b>${partner.partnerName}</b>${alive(partner)}</div>
    <small class="soft">${counted(partner.activeAccounts, "account")}${partner.failingAccounts ? html`, <b>${whole(partner.failingAccounts)} failing</b>` : nothing} ·
      ${counted(partner.activeJobs, "job")} there, ${whole(partner.pendingSyncs)} on their way · last poll ${ago(partner.lastSync)}</small>
  </li>`)}</ul>`;
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
    <div class="bar" aria-hidden="true">${states.map(([status, count]) => html`<span class=${LOG_TONES[status]} .style=${`flex: ${count}`}></span>`)}</div>
    <ul class="legend">${states.map(([status, count]) => html`<li><a href="/logs?since=today&source=partner&status=${status}">${badge(html`${whole(count)} ${status}`, LOG_TONES[status])}</a></li>`)}</ul>`;
}

function queues(found) {
  return html`<div class="table-scroll"><table>
    <caption class="unseen">Queues</caption>
    <thead><tr><th scope="col">Queue</th>${["Waiting", "Oldest", "Dead", "Archived"].map((title) => html`<th scope="col" class="number">${title}</th>`)}</tr></thead>
    <tbody>${found.map(queue)}</tbody></table></div>`;
}

function queue({queue: name, waiting, dead, archive}) {
  const later = waiting.delayed ? html` <small>${whole(waiting.delayed)} later</small>` : nothing;
  const cells = [
    ["Waiting", html`${whole(waiting.messages)}${later}`],
    ["Oldest", waiting.oldestSeconds === null ? NONE : duration(waiting.oldestSeconds)],
    ["Dead", dead.messages ? html`<a href="/letters?queue=${name}">${whole(dead.messages)}</a>` : "0"],
    ["Archived", whole(archive.messages)],
  ];
  return html`<tr><th scope="row" class="main queue-name">${name}</th>
    ${cells.map(([title, cell]) => html`<td class="number" data-title=${title}>${cell}</td>`)}</tr>`;
}

const checks = (found) => html`<ul class="list">${found.map(({name, status, message}) => html`<li>
  <div class="partner-line"><b>${words(name)}</b>${badge(status, HEALTH[status].tone)}</div><small class="soft">${message}</small></li>`)}</ul>`;

const WHAT = {account: "Account", assignment: "Assignment", task: "Task"};

/** Where somebody can do something about it. */
const WHERE = {
  account: ({customerId}) => `/partners?customer=${customerId}`,
  assignment: ({customerId}) => `/jobs?customer=${customerId}`,
  task: () => isAdmin() ? "/letters" : "/logs?status=failed",
};

function troubles(found) {
  if (!found.length) return empty("Nothing", "No account, assignment or task has trouble.");
  return html`<ul class="list">${found.map(({at, what, customerId, partnerCode, message, category}) => html`<li>
    <div class="partner-line"><span><a href=${WHERE[what]({customerId})}><b>${WHAT[what]}</b></a> at ${partnerCode} ${category ? badge(words(category), "bad") : nothing}</span><small class="soft">${ago(at)}</small></div>
    <span>${message ? sentence(message) : nothing}</span></li>`)}</ul>`;
}
