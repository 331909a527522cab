/** What was flown of a job: its logs, and what they sprayed beside what there is to spray. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {NONE, area, fileName as broken, time, volume} from "../../format.js";
import {areaOf, ground} from "../../ground.js";
import {fieldsOf} from "../../map.js";
import {badge, counted, empty} from "../../parts.js";
import {DECISION_TONES, LOG_TONES, decided} from "../../states.js";
import {table} from "../../table.js";

export const logs = (view, job, found) => html`
  ${found.length ? sprayed(job, found) : nothing}
  ${table(view, {
    caption: "Logs of this job", columns: COLUMNS, rows: found, key: ({id}) => id, one: "log",
    nothingHere: empty("No log belongs to this job yet.",
      "A log is matched to its job when it comes; where that fails, choose the job on the log's page."),
  })}`;

function sprayed(job, found) {
  const known = found.filter(({netArea}) => netArea !== null);
  const total = sum(known.map(({netArea}) => netArea));
  return html`<p><b>${area(total)}</b> sprayed in ${counted(known.length, "log")}.
    The job has <b>${area(areaOfJob(job))}</b>.</p>`;
}

const areaOfJob = ({polygons}) => sum((ground(fieldsOf(polygons))?.shapes ?? []).map(areaOf));

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

const COLUMNS = [
  {
    name: "file", title: "File", main: true, value: ({fileName}) => fileName,
    cell: ({id, fileName}) => html`<a href="/logs/${id}">${broken(fileName)}</a>`,
  },
  {name: "flown", title: "Flown", value: ({startTime}) => startTime, cell: ({startTime}) => time(startTime)},
  {
    name: "area", title: "Sprayed area", number: true, value: ({netArea}) => netArea,
    cell: ({netArea}) => area(netArea),
  },
  {
    name: "volume", title: "Volume", number: true, value: ({volume: found}) => found,
    cell: (log) => volume(log.volume),
  },
  {
    name: "status", title: "Status", value: ({status}) => status,
    cell: ({status}) => badge(status, LOG_TONES[status]),
  },
  {
    name: "decision", title: "Match", value: decided,
    cell: (log) => log.decision ? badge(decided(log), DECISION_TONES[log.decision]) : NONE,
  },
];
