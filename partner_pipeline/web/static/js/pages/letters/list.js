/** The dead letters of a queue as a table, and what can be done with them. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {NONE, ago, whole, words} from "../../format.js";
import {icons} from "../../icons.js";
import {badge, button, card, choose, counted, empty, search} from "../../parts.js";
import {searched, table} from "../../table.js";
import {archive, purge, replay, replayAll, replayByHeader} from "./actions.js";
import {whose, wrongLine} from "./cells.js";
import {show} from "./detail.js";
import {visible} from "./text.js";

export function lettersOf(view, live) {
  const picked = new Set();
  const page = {view, live, picked, report: null, after: (report) => settle(page, report)};
  return {draw: () => draw(page), clear: () => picked.clear()};
}

/** What was done is told, what is left is loaded, and the focus is kept from getting lost. */
async function settle(page, report) {
  if (!report) return;
  page.report = report.clear ? null : report;
  report.tell();
  page.picked.clear();
  await page.live.reload();
  requestAnimationFrame(() => {
    const here = document.activeElement;
    const isLost = here === null || here === document.body || here.disabled;
    if (isLost) document.querySelector("#letters-title")?.focus();
  });
}

function draw(page) {
  const {view, live, picked} = page;
  const rows = named(live.data.items).filter((row) => isWanted(row, view.query));
  const columns = columnsOf(page);
  const chosen = searched(rows, columns, view.query.q).filter((row) => picked.has(row.key));
  return html`${told(page)}
    ${card(html`<span id="letters-title" tabindex="-1">Letters of ${live.data.queue}</span>`, html`
      ${live.data.items.length ? html`
        <div class="filters letters">${filters(view, live.data.items)}</div>
        ${selection(page, chosen)}` : nothing}
      ${table(view, {
        caption: "Dead letters",
        columns,
        rows,
        key: (row) => row.key,
        sort: "position",
        one: "letter",
        more: live.data.more ? live.more : null,
        picked,
        nothingHere: live.data.items.length
          ? empty("No letter is of this kind.", "Take the filters away to see all.")
          : empty("No dead letters.", "Every task was done, or is still tried again."),
      })}`, {actions: live.data.stats.dead.messages ? everything(page) : nothing})}`;
}

/** Rows with a key that stays theirs when positions move: ids of foreign letters may be the same. */
function named(items) {
  const seen = new Map();
  return items.map((item) => {
    const before = seen.get(item.messageId) ?? 0;
    seen.set(item.messageId, before + 1);
    return {...item, key: `${item.messageId}#${before}`};
  });
}

const isWanted = ({errorCategory, taskInfo}, {category, type}) =>
  (!category || errorCategory === category) && (!type || taskInfo.type === type);

function filters(view, items) {
  const found = (of) => [...new Set(items.map(of))].filter(Boolean).sort().map((each) => [each, words(each)]);
  return html`
    ${choose(view, "category", "Failure", found((each) => each.errorCategory))}
    ${choose(view, "type", "Task", found((each) => each.taskInfo.type))}
    ${search(view)}`;
}

function selection(page, chosen) {
  const count = chosen.length;
  const {queue} = page.live.data;
  const of = count ? counted(count, "selected letter") : "selected letters";
  const act = (title, what) => button({
    label: html`${title}<span class="unseen"> ${of}</span>`,
    disabled: !count,
    run: async () => page.after(await what(queue, chosen)),
  });
  return html`<div class="selection ${count ? "some" : ""}" role="group" aria-label="Selected letters">
    ${act("Replay", replay)}
    ${act("Archive", archive)}
    <span role="status">${count ? `${whole(count)} selected` : "None selected"}</span>
  </div>`;
}

const everything = (page) => html`
  ${button({label: "Replay by header", run: async () => page.after(await replayByHeader(page.live.data))})}
  ${button({label: "Replay all", run: async () => page.after(await replayAll(page.live.data))})}
  ${button({label: "Purge", kind: "danger", run: async () => page.after(await purge(page.live.data))})}`;

/** What did not go as it should, until it is closed. */
function told(page) {
  const {report} = page;
  const close = () => { page.report = null; page.view.update(); };
  return html`<div role="alert" class="outcomes">${report ? outcome(report, close) : nothing}</div>`;
}

const outcome = ({title, notes, errors}, close) => html`
  <div class="banner warning outcome">${icons.warning}
    <div><p><b>${title}</b></p>
      ${notes.map((note) => html`<p>${note}</p>`)}
      ${errors.length ? reasons(errors) : nothing}</div>
    ${button({
      label: html`${icons.close}<span class="unseen">Close</span>`,
      kind: "quiet icon-only",
      run: close,
    })}
  </div>`;

const reasons = (errors) => html`<ul class="reasons" tabindex="0" aria-label="What failed">
  ${errors.map((each) => html`<li>${visible(each)}</li>`)}</ul>`;

function columnsOf(page) {
  const {queue, names} = page.live.data;
  const customer = ({taskInfo}) => names.get(taskInfo.customerId) ?? taskInfo.customerId ?? "";
  const look = (row) => async () => page.after(await show(queue, row, names));
  return [
    {name: "position", title: "No.", number: true, value: (row) => row.position},
    {
      name: "task", title: "Task", main: true,
      value: (row) => `${task(row)} ${row.messageId}`,
      cell: (row) => html`<button type="button" class="link" @click=${look(row)}>${task(row)}<span
        class="unseen"> at ${row.position}</span></button>`,
    },
    {
      name: "customer", title: "Customer",
      value: (row) => `${customer(row)} ${row.taskInfo.partnerCode ?? ""}`,
      cell: (row) => whose(customer(row) || NONE, row.taskInfo.partnerCode ?? "no partner"),
    },
    {
      name: "error", title: "What went wrong",
      value: (row) => `${words(row.errorCategory)} ${row.errorMessage ?? ""}`,
      cell: (row) => wrongLine(row, badge("not told")),
    },
    {
      name: "retries", title: "Retries", number: true,
      value: (row) => row.retryCount,
      cell: (row) => whole(row.retryCount),
    },
    {
      name: "failed", title: "First failed",
      value: (row) => moment(row.firstFailedAt),
      cell: (row) => since(row.firstFailedAt),
    },
    {
      name: "enqueued", title: "Dead since",
      value: (row) => row.enqueuedAt,
      cell: (row) => ago(row.enqueuedAt, "not known"),
    },
  ];
}

const task = ({taskInfo}) => taskInfo.type === null ? "no task" : visible(words(taskInfo.type));

/** A time that a header tells: anything may stand there. */
const moment = (text) => Number.isNaN(Date.parse(text ?? "")) ? null : new Date(text).toISOString();
const since = (text) => moment(text) === null ? "not known" : ago(moment(text));
