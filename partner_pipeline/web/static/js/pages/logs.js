/** Logs: what came from aircraft and what became of it. */

import {html, nothing} from "../../vendor/lit-html.js";
import {all} from "../api.js";
import {midnight} from "../days.js";
import {NONE, area, bytes, fileName as broken, time, volume, words} from "../format.js";
import {icons} from "../icons.js";
import {badge, button, choose, empty, head, named, once, search} from "../parts.js";
import {isAdmin} from "../session.js";
import {CATEGORIES, DECISION_TONES, LOG_TONES, choices, decided} from "../states.js";
import {table} from "../table.js";
import {bringLog} from "./logs/bring.js";

const FILTERS = [
  "status", "decision", "partnerCode", "source", "since", "errorCategory", "customerId", "jobId",
];
const DECISIONS = [...choices(DECISION_TONES), ["unmatched,ambiguous", "unmatched or ambiguous"]];
const SINCE = [["today", "Today"], ["7", "7 days"], ["30", "30 days"]];

export function open(view) {
  const logs = view.list("/api/logs", () => asked(view.query));
  const names = view.live((signal) => namesOf(signal), {every: 0});
  let folded = !isFiltered(view);
  const unfold = () => {
    folded = !folded;
    view.update();
  };
  view.draw(() => html`
    ${head(view, "Logs", {
      lead: "What aircraft recorded, and what became of it.",
      actions: button({label: html`${icons.plus} Add log`, kind: "primary", run: () => { bringLog(view); }}),
    })}
    <section class="card logs" aria-label="All logs">
      ${filters(view, names.data, () => logs.reload(), {folded, unfold})}
      ${view.query.jobId ? ofJob(view, logs) : nothing}
      ${once(logs, (data) => listed(view, data, names.data, logs), 8)}
    </section>`);
}

/** What the API is asked for: of the address, only what filters. */
function asked(query) {
  const told = Object.fromEntries(FILTERS.map((name) => [name, query[name]]));
  return {...told, decision: query.decision?.split(","), since: since(query.since)};
}

/** The moment from which on logs are wanted; none where the address tells no such choice. */
function since(days) {
  if (!SINCE.some(([choice]) => choice === days)) return "";
  return midnight(days === "today" ? 0 : Number(days));
}

/** Names of what a list tells ids of. */
async function namesOf(signal) {
  const [partners, aircraft, customers] = await Promise.all([
    all("/api/partners", {}, signal),
    all("/api/users", {kind: "9"}, signal),
    isAdmin() ? all("/api/users", {kind: "CUSTOMER"}, signal) : [],
  ]);
  const aircraftNames = aircraft
    .filter(({partnerInfo}) => partnerInfo)
    .map(({partnerInfo, name}) => [partnerInfo.partnerAircraftId, name]);
  return {partners, customers, aircraft: new Map(aircraftNames)};
}

/** On a phone, what is seldom filtered by is folded away. */
function filters(view, names, changed, {folded, unfold}) {
  const partners = (names?.partners ?? []).map(({partnerCode, partnerName}) => [partnerCode, partnerName]);
  const failures = CATEGORIES.map((each) => [each, words(each)]);
  const customers = named(names?.customers ?? []);
  return html`<div class="filters ${folded ? "folded" : ""}" role="search" aria-label="Logs">
    ${search(view)}
    <button type="button" class="button plain unfold" aria-expanded=${!folded}
      @click=${unfold}>Filters</button>
    ${choose(view, "status", "Status", choices(LOG_TONES), changed)}
    ${choose(view, "decision", "Match", DECISIONS, changed)}
    ${choose(view, "since", "Changed", SINCE, changed)}
    ${choose(view, "partnerCode", "Partner", partners, changed)}
    ${choose(view, "source", "Added by", [["partner", "partners"], ["own", "users"]], changed)}
    ${choose(view, "errorCategory", "Failure", failures, changed)}
    ${isAdmin() ? choose(view, "customerId", "Customer", customers, changed) : nothing}
    ${isFiltered(view) ? clearing(view, changed) : nothing}
  </div>`;
}

const isFiltered = ({query}) => [...FILTERS, "q"].some((name) => query[name]);

const clearing = (view, changed) => button({
  label: "Take filters away", kind: "quiet",
  run: () => {
    view.ask(Object.fromEntries([...FILTERS, "q"].map((name) => [name, ""])));
    return changed();
  },
});

/** That only one job's logs are listed, as its page has them; and the way to all. */
function ofJob(view, logs) {
  const named = logs.data?.items.find(({jobId}) => jobId === view.query.jobId)?.jobName;
  const widen = () => {
    view.ask({jobId: ""});
    return logs.reload();
  };
  return html`<p>Of job <a href="/jobs/${view.query.jobId}">${named ?? "…"}</a> only.
    ${button({label: "Logs of every job", kind: "quiet", run: widen})}</p>`;
}

function listed(view, {items, more}, names, logs) {
  return table(view, {
    caption: "Logs", columns: columns(names), rows: items, key: ({id}) => id, one: "log",
    more: more ? () => logs.more() : null,
    nothingHere: isFiltered(view)
      ? empty("No log is like this", "Choose other filters, or take them away.")
      : empty("There is no log yet",
        "Logs come from partners by themselves. You can also bring one that you have as a file."),
  });
}

function columns(names) {
  const flownBy = ({aircraftId}) => names?.aircraft.get(aircraftId) ?? null;
  const found = [
    {
      name: "file", title: "File", main: true,
      value: ({fileName}) => fileName,
      cell: ({id, fileName}) => html`<a href="/logs/${id}">${broken(fileName)}</a>`,
    },
    {
      name: "status", title: "Status",
      value: (log) => [log.status, ...trouble(log)].join(" "),
      cell: status,
    },
    {
      name: "decision", title: "Match",
      value: decided,
      cell: (log) => log.decision ? badge(decided(log), DECISION_TONES[log.decision]) : NONE,
    },
    {name: "job", title: "Job", value: ({jobName}) => jobName, cell: job},
    {name: "customer", title: "Customer", value: ({customerName}) => customerName},
    {
      name: "aircraft", title: "Aircraft",
      value: (log) => [flownBy(log), from(log)].filter(Boolean).join(" "),
      cell: (log) => html`<div>${flownBy(log)} <small>${from(log)}</small></div>`,
    },
    {name: "start", title: "Flown", value: (log) => log.startTime, cell: (log) => time(log.startTime)},
    {
      name: "area", title: "Area", number: true,
      value: ({netArea}) => netArea,
      cell: ({netArea}) => area(netArea),
    },
    {
      name: "volume", title: "Volume", number: true,
      value: (log) => log.volume,
      cell: (log) => volume(log.volume),
    },
    {
      name: "lost", title: "Lost", number: true,
      value: ({bytesLost}) => bytesLost,
      cell: ({bytesLost}) => bytesLost ? bytes(bytesLost) : NONE,
    },
  ];
  return found.filter(({name}) => name !== "customer" || isAdmin());
}

const from = ({source, partnerCode}) => source === "own" ? "a user" : partnerCode;

const trouble = ({errorCategory, damaged}) =>
  [errorCategory ? words(errorCategory) : "", damaged ? "damaged" : ""].filter(Boolean);

const status = (log) => html`<div>${badge(log.status, LOG_TONES[log.status])}
  ${trouble(log).map((each) => html`<small>${each}</small>`)}</div>`;

function job({jobId, jobName}) {
  if (!jobId) return NONE;
  const name = jobName ?? jobId;
  return html`<div class="job-name clamped" title=${name}><a href="/jobs/${jobId}">${name}</a></div>`;
}
