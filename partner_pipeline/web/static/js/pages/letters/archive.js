/** What became of the letters that are gone: in a file of the archive, or replayed. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {time, words} from "../../format.js";
import {badge, card, empty, search} from "../../parts.js";
import {table} from "../../table.js";
import {whose, wrongLine} from "./cells.js";

export function archiveOf(view, live) {
  const {items, names, queue, more} = live.data;
  return card(`Archive of ${queue}`, html`
    <p class="soft">An archived letter is a file in the folder that the setting
      <code>DLQ_ARCHIVE_PATH</code> names on the server; its name is shown here.
      A letter that was replayed made way for a new execution. Letters of no known task are in files only.</p>
    ${items.length ? html`<div class="filters">${search(view)}</div>` : nothing}
    ${table(view, {
      caption: "Executions whose letter is gone",
      columns: columnsOf(names),
      rows: items,
      key: (row) => row.executionId,
      one: "execution",
      more: more ? live.more : null,
      nothingHere: empty("Nothing is archived yet.",
        "Letters come here when they are archived, and when their time is over."),
    })}`);
}

function columnsOf(names) {
  const customer = ({customerId}) => names.get(customerId) ?? customerId;
  return [
    {
      name: "task", title: "Task", main: true,
      value: (row) => `${words(row.type)} ${row.executionId}`,
      cell: (row) => html`${words(row.type)}<small class="under execution-id">${row.executionId}</small>`,
    },
    {
      name: "customer", title: "Customer",
      value: (row) => `${customer(row)} ${row.partnerCode}`,
      cell: (row) => whose(customer(row), row.partnerCode),
    },
    {
      name: "error", title: "What went wrong",
      value: (row) => `${words(row.errorCategory)} ${row.errorMessage ?? ""}`,
      cell: (row) => wrongLine(row),
    },
    {
      name: "failed", title: "Failed",
      value: (row) => row.failedAt,
      cell: (row) => html`<span class="moment">${time(row.failedAt)}</span>`,
    },
    {
      name: "file", title: "Where it is",
      value: (row) => row.archiveFile ?? "replayed",
      cell: ({archiveFile}) => archiveFile === null
        ? badge("replayed", "info")
        : html`<code class="archived-file">${archiveFile}</code>`,
    },
  ];
}
