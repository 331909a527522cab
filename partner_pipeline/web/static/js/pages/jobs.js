/** Jobs: what is to be flown, and how far each is. */

import {html, nothing} from "../../vendor/lit-html.js";
import {all, upload} from "../api.js";
import {customerField, form} from "../dialogs.js";
import {NONE, day, number, rate, whole} from "../format.js";
import {icons} from "../icons.js";
import {tell} from "../notices.js";
import {badge, button, card, choose, empty, head, named, once, search} from "../parts.js";
import {isAdmin, mayChange, user} from "../session.js";
import {SYNC_TONES} from "../states.js";
import {table} from "../table.js";

export function open(view) {
  const customers = isAdmin() ? view.live((signal) => all("/api/partners/customers", {}, signal)) : null;
  const jobs = view.list("/api/jobs", () => ({customerId: view.query.customer}));
  const page = {view, jobs, customers};
  view.draw(() => html`
    ${head(view, "Jobs", {
      lead: "Fields to be sprayed, and who flies them.",
      actions: mayChange()
        ? button({label: html`${icons.plus}Add job`, kind: "primary", run: () => add(view)})
        : nothing,
    })}
    ${card("All jobs", html`${filtering(page)}${once(jobs, (found) => rows(page, found))}`)}`);
}

const filtering = ({view, jobs, customers}) => html`<div class="filters">
  ${search(view, "Search jobs")}
  ${customers
    ? choose(view, "customer", "Customer", named(customers.data ?? []), () => jobs.reload()) : nothing}
</div>`;

function rows({view, jobs}, {items, more}) {
  return table(view, {
    caption: "Jobs", columns: columns(), rows: items, key: ({id}) => id, one: "job",
    more: more ? () => jobs.more() : null,
    nothingHere: view.query.customer
      ? empty("This customer has no job.")
      : empty("There is no job yet.", mayChange()
        ? "Add one from a file with the polygons of its fields."
        : "Your office adds the first one."),
  });
}

const columns = () => [
  {name: "number", title: "Number", value: ({number}) => number},
  {
    name: "name", title: "Job", main: true,
    value: ({name}) => name,
    cell: ({id, name}) => html`<a href="/jobs/${id}">${name}</a>`,
  },
  ...(isAdmin() ? [{name: "customer_name", title: "Customer", value: ({customerName}) => customerName}] : []),
  {
    name: "polygons", title: "Polygons", number: true,
    value: ({polygonCount}) => polygonCount,
    cell: ({polygonCount}) => whole(polygonCount),
  },
  {name: "rate", title: "Rate", number: true, value: (job) => job.rate, cell: (job) => rate(job.rate)},
  {
    name: "swath", title: "Swath", number: true,
    value: ({swathWidth}) => swathWidth,
    cell: ({swathWidth}) => swathWidth === null ? NONE : `${number(swathWidth, 1)} m`,
  },
  {name: "from", title: "From", value: ({startDate}) => startDate, cell: ({startDate}) => day(startDate)},
  {name: "to", title: "To", value: ({endDate}) => endDate, cell: ({endDate}) => day(endDate)},
  {name: "assigned", title: "Assigned", value: ({assignments}) => assignments.length, cell: assigned},
];

/** How many assignments are in each state, the ones that need somebody first. */
function assigned({assignments}) {
  if (!assignments.length) return html`<span class="soft">to nobody</span>`;
  const counts = ["uncertain", "failed", "queued", "uploaded", "internal"]
    .map((state) => [state, assignments.filter(({syncStatus}) => syncStatus === state).length])
    .filter(([, count]) => count);
  const each = ([state, count]) => badge(`${whole(count)} ${state}`, SYNC_TONES[state]);
  return html`<span class="badges">${counts.map(each)}</span>`;
}

async function add(view) {
  const customers = isAdmin() ? await all("/api/partners/customers") : null;
  const made = await form({
    title: "Add job",
    text: "From a file with the polygons of its fields."
      + " Name and number are taken from the file where you leave them empty.",
    fields: [
      ...(customers ? [customerField(customers)] : []),
      {
        name: "file", label: "File", type: "file", required: true,
        help: "A .JOB, GeoJSON or KML file.", more: {accept: ".job,.geojson,.json,.kml"},
      },
      {name: "name", label: "Name"},
      {
        name: "number", label: "Number",
        help: "Logs are matched to the job by it, so no two jobs of a customer have the same one.",
      },
      {name: "rate", label: "Rate in L/ha", type: "number", more: {min: 0, step: "any"}},
      {name: "swathWidth", label: "Swath width in m", type: "number", more: {min: 0, step: "any"}},
      {name: "startDate", label: "Not before", type: "date"},
      {name: "endDate", label: "Not after", type: "date"},
    ],
    action: "Add job",
    submit: (given) => upload("/api/jobs", sent({customerId: user().customerId, ...given})),
  });
  if (!made) return;
  tell(`Job ${made.number ?? made.name} is added.`);
  view.go(`/jobs/${made.id}`);
}

/** What is sent of a new job; its days are whole ones where it is added. */
function sent({startDate, endDate, ...given}) {
  const fields = {
    ...given,
    startDate: startDate ? new Date(`${startDate}T00:00:00`).toISOString() : "",
    endDate: endDate ? new Date(`${endDate}T23:59:59`).toISOString() : "",
  };
  const body = new FormData();
  Object.entries(fields).filter(([, value]) => value).forEach(([name, value]) => body.append(name, value));
  return body;
}
