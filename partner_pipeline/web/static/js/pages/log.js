/** One log: what was flown and sprayed, what is lost of it, and which job it belongs to. */

import {html, nothing} from "../../vendor/lit-html.js";
import {download} from "../api.js";
import {area, bytes, number, time, whole} from "../format.js";
import {icons} from "../icons.js";
import {fieldMap, wide} from "../map.js";
import {
  badge, button, card, counted, empty, facts, figure, head, loading, once, problemBox,
} from "../parts.js";
import {DECISION_TONES, LOG_TONES, decided} from "../states.js";
import {table} from "../table.js";
import {damage} from "./log/damage.js";
import {lasted, offTarget, passColumns, statistics, unitsOf} from "./log/figures.js";
import {follow} from "./log/following.js";
import {history} from "./log/history.js";
import {match, matchActions} from "./log/match.js";
import {reprocessButton} from "./log/reprocess.js";
import {failure, underWay} from "./log/states.js";

const BACK = {path: "/logs", title: "Logs"};

export function open(view) {
  const {live, map} = follow(view);
  view.draw(() => {
    if (live.error?.status === 404 && !live.loaded) return notThere(view);
    const {log = null, task = null} = live.data ?? {};
    if (log === null) {
      return html`
        ${head(view, task ? "Your log" : "Log", {back: BACK})}${once(live, () => underWay(task), 8)}`;
    }
    const changed = () => live.reload();
    return html`
      ${head(view, log.fileName, {back: BACK, lead: lead(log), actions: reprocessButton(log, changed)})}
      ${underWay(task ?? log)}${failure(log)}
      ${log.match === null ? nothing : flown(view, log, map, changed)}
      <div class="cards">
        ${log.match === null ? nothing : card("Damage", damage(log))}
        ${card("What was done", history(log), {wide: log.match === null})}
        ${card("About this file", about(log), {wide: true})}
      </div>`;
  });
}

const notThere = (view) => html`
  ${head(view, "There is no such log", {back: BACK})}
  ${empty("Nothing is known of it", html`It may be another customer's, or its address is wrong.
    Look for it among <a href="/logs">all logs</a>.`)}`;

const lead = (log) => html`<span class="badges">
  ${badge(log.status, LOG_TONES[log.status])}
  ${log.decision ? badge(decided(log), DECISION_TONES[log.decision]) : nothing}
  ${log.damaged ? badge("damaged", "warn") : nothing}
  <span>${whose(log)}${log.startTime ? html` · flown ${time(log.startTime)}` : nothing}</span></span>`;

const whose = ({identity, statistics: {aircraft}, customerName}) =>
  [identity.aircraft ?? aircraft, customerName].filter(Boolean).join(" · ");

const downloads = (log) => html`
  ${save(log, "track.parquet", "Positions", `${log.fileName}.parquet`)}
  ${save(log, "map.geojson", "Map", `${log.fileName}.geojson`)}`;

const save = (log, path, title, name) => button({
  label: html`${icons.download}<span><span class="unseen">Download </span>${title}<span
    class="unseen"> as ${path.split(".")[1]}</span></span>`,
  kind: "quiet",
  run: () => download(`/api/logs/${log.id}/${path}`, {name}),
});

function flown(view, log, map, changed) {
  return html`
    ${figures(log)}
    ${log.notes.map((note) => html`<p class="banner">${icons.warning}<span>${note}</span></p>`)}
    ${card("Map", drawn(log, map), {wide: true, actions: downloads(log)})}
    ${card("Job", match(log, changed), {wide: true, actions: matchActions(log, changed)})}
    ${passes(view, log)}
    ${card("Figures", statistics(log), {wide: true})}`;
}

function figures({statistics: found, ...log}) {
  const {volume, rate} = unitsOf({statistics: found, ...log});
  const twice = found.netArea ? found.overlapArea / found.netArea * 100 : 0;
  return html`<div class="figures">
    ${figure({
      title: "Sprayed ground",
      value: area(found.netArea ?? found.grossArea),
      note: twice >= 0.05 ? `${number(twice, 1)} % of it twice` : nothing,
    })}
    ${figure({title: "Applied", value: volume(found.volume), note: found.material ?? nothing})}
    ${figure({
      title: "Rate",
      value: rate(found.appliedRate),
      note: offTarget(found.appliedRate, found.targetRate, rate),
    })}
    ${figure({
      title: "Spraying",
      value: lasted(found.sprayTime),
      note: found.flightTime === null ? nothing : `of ${lasted(found.flightTime)} flown`,
    })}
    ${figure({
      title: "Passes",
      value: whole(found.passes),
      note: found.swathWidth ? wide(found.swathWidth) : nothing,
    })}
  </div>`;
}

function drawn(log, map) {
  if (map.error) return problemBox(map.error, () => map.reload());
  if (!map.loaded) return loading(6);
  return fieldMap({
    features: map.data.features,
    label: `Map of ${log.fileName}`,
    swathWidth: log.statistics.swathWidth ?? null,
  });
}

function passes(view, log) {
  const every = view.query.columns === "all";
  const toggle = button({
    label: every ? "Fewer columns" : "All columns",
    kind: "quiet",
    run: () => view.ask({columns: every ? "" : "all"}),
  });
  return card("Passes", html`<div class="passes">${table(view, {
    caption: "Passes, in the order flown",
    columns: passColumns(log, every),
    rows: log.passes,
    key: (row) => row.pass,
    sort: "pass",
    one: "pass",
    many: "passes",
    scrolling: true,
    nothingHere: empty("No pass", "Spray was never on in this log."),
  })}</div>`, {wide: true, actions: log.passes.length ? toggle : nothing});
}

function about(log) {
  const {meta} = log;
  const isOwn = log.source === "own";
  return html`${facts([
    ["Added by", isOwn ? "a user" : log.partnerCode],
    ["Size", bytes(log.size)],
    ["Positions", log.records === null ? null : whole(log.records)],
    ["First seen", log.createdAt ? time(log.createdAt) : null],
    ["Processed", log.processedAt ? time(log.processedAt) : null],
    ["Job in the file's name", log.identity.filenameJobId],
    ["Job in the log", log.identity.jobLongLabelName],
    ["Pilot", meta.operator],
    ["Rate controller", meta.fcName],
    ["Layout", meta.layout ? `${meta.layout} ${meta.layoutVersion ?? ""}` : null],
    ["Read by", meta.decoderVersion ? `satlog ${meta.decoderVersion}` : null],
    ["Recoveries", log.recoveries ? counted(log.recoveries, "recovery", "recoveries") : null],
    ["Id", html`<code>${log.id}</code>`],
    ["Id at the partner", isOwn ? null : html`<code>${log.logId}</code>`],
    ["SHA-256", log.sha256 ? html`<code>${log.sha256}</code>` : null],
  ])}
  ${meta.layoutStatus === "assumed" ? ASSUMED : nothing}`;
}

const ASSUMED = html`<p class="banner">${icons.warning}<span>
  The layout of records by which this log was read is assumed: it was not checked against the maker's
  document or real logs. Compare figures with those of the aircraft before you rely on them.</span></p>`;
