/** One dead letter: what it says, what it is about, and what can be done with it. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {get} from "../../api.js";
import {open} from "../../dialogs.js";
import {ago, words} from "../../format.js";
import {badge, button, counted, facts, loading, problemBox} from "../../parts.js";
import {history} from "../log/history.js";
import {archive, replay} from "./actions.js";
import {pretty, said, visible} from "./text.js";

/** Shows it; what was done with it, if anything was. */
export function show(queue, row, names) {
  const state = {letter: null, problem: null, begun: false};
  const load = async (update) => {
    state.problem = null;
    try {
      state.letter = await get(`/api/dlq/${encodeURIComponent(queue)}/messages/${row.position}`);
    } catch (error) {
      state.problem = error;
    }
    update();
  };
  return open({
    title: `Dead letter ${row.position}`,
    wide: true,
    draw: (close, update) => {
      if (!state.begun) {
        state.begun = true;
        load(update);
      }
      return content(state, queue, row, names, close, () => load(update));
    },
  });
}

function content({letter, problem}, queue, row, names, close, again) {
  if (problem !== null && problem.status !== 404) {
    return html`<div class="dialog-body">${problemBox(problem, again)}</div>`;
  }
  if (problem !== null || (letter !== null && letter.messageId !== row.messageId)) return moved(close);
  if (letter === null) return html`<div class="dialog-body">${loading(8)}</div>`;
  // What is decided against leaves it open.
  const act = (what) => async () => {
    const report = await what(queue, [letter]);
    if (report) close(report);
  };
  return html`
    <div class="dialog-body letter">${whole(letter, names, close)}</div>
    <div class="dialog-foot">
      ${button({label: "Archive", run: act(archive)})}
      ${button({label: "Replay", kind: "primary", run: act(replay)})}</div>`;
}

const moved = (close) => html`
  <div class="dialog-body"><p><b>This letter is no longer here.</b>
    It was dealt with, or others before it were and it moved. The list is loaded again.</p></div>
  <div class="dialog-foot">
    ${button({label: "Back to the list", kind: "primary", run: () => close(GONE)})}</div>`;

/** Nothing was done, and the list is out of date. */
const GONE = {clear: true, tell: () => {}};

function whole(letter, names, close) {
  const {taskInfo} = letter;
  return html`
    <div class="wrong-line">
      ${letter.errorCategory ? badge(words(letter.errorCategory), "bad") : badge("not told")}
      <p>${said(letter.errorMessage) || "Nobody told what went wrong."}</p></div>
    ${about(letter, close)}
    ${facts([
      ["Task", taskInfo.type && words(taskInfo.type)],
      ["Customer", names.get(taskInfo.customerId) ?? taskInfo.customerId],
      ["Partner", taskInfo.partnerCode],
      ["Retries", letter.retryCount],
      ["Dead since", ago(letter.enqueuedAt, "not known")],
      ["Handed out before", letter.redelivered ? "yes" : "no"],
      ["Message", visible(letter.messageId)],
    ])}
    ${section("Headers", headers(letter))}
    ${section("Body", body(letter))}
    ${section("Executions of its task", letter.chain.length
      ? history({tasks: letter.chain})
      : html`<p class="soft">Its task is not known here.</p>`)}`;
}

function about({logId, jobId}, close) {
  if (logId === null && jobId === null) return nothing;
  const link = (path, title) => html`<a href=${path} @click=${() => close()}>${title}</a>`;
  return html`<p>${logId !== null
    ? link(`/logs/${encodeURIComponent(logId)}`, "See the log that it is about")
    : link(`/jobs/${encodeURIComponent(jobId)}`, "See the job that it is about")}</p>`;
}

const section = (title, content) => html`<section class="part"><h3>${title}</h3>${content}</section>`;

function headers(letter) {
  const found = Object.entries(letter.headers);
  if (!found.length) return html`<p class="soft">It has none.</p>`;
  return html`<dl class="headers">${found.map(([name, value]) => html`
    <div><dt>${visible(name)}</dt><dd>${visible(String(value))}</dd></div>`)}</dl>`;
}

function body(letter) {
  if (!letter.body) return html`<p class="soft">It is empty.</p>`;
  const {text, isJson, left} = pretty(letter.body);
  const other = `It is ${left ? "too long to be told apart" : "no JSON"}, and shown as it is.`;
  const missing = `${counted(left, "more character")} ${left === 1 ? "is" : "are"} not shown.`;
  return html`
    ${isJson ? nothing : html`<p class="soft">${other}</p>`}
    <pre tabindex="0" role="group" aria-label="Body">${text}</pre>
    ${left ? html`<p class="soft">${missing}</p>` : nothing}`;
}
