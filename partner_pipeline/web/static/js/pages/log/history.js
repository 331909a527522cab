/** What the pipeline did with a log. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {sentence} from "../../api.js";
import {duration, time, words} from "../../format.js";
import {badge, counted, empty} from "../../parts.js";

const TASKS = {
  queued: {tone: "info", text: "waits"},
  processing: {tone: "info", text: "at work"},
  completed: {tone: "good", text: "done"},
  failed: {tone: "bad", text: "failed"},
  dlq: {tone: "bad", text: "dead letter"},
  archived: {tone: "quiet", text: "archived"},
};

/** Its tasks, the latest first; what the page tells above is not told again. */
export function history({tasks, errorMessage}) {
  if (!tasks.length) return empty("Nothing yet", "No task has worked on this log.");
  return html`<ol class="list">${tasks.toReversed().map((task) => run(task, errorMessage))}</ol>`;
}

function run(task, told) {
  const {text, tone} = TASKS[task.status];
  const at = task.failedAt ?? task.completedAt ?? task.processingStartedAt ?? task.enqueuedAt;
  return html`<li>
    <div class="partner-line"><span>${badge(text, tone)} <b>${words(task.type)}</b> ${result(task)}</span>
      <small class="soft">${time(at)}</small></div>
    <small class="soft">${details(task)}</small>
    ${task.errorMessage && task.errorMessage !== told
      ? html`<span>${sentence(task.errorMessage)}</span>` : nothing}</li>`;
}

const result = ({result: told}) =>
  told?.decision ? `${counted(told.records ?? 0, "position")}, ${told.decision}` : nothing;

const details = ({number, retryCount, recoveries, processTime, queue}) => [
  number > 1 ? `Run ${number}` : "First run",
  processTime ? `took ${duration(processTime)}` : "",
  retryCount ? counted(retryCount, "retry", "retries") : "",
  recoveries ? counted(recoveries, "recovery", "recoveries") : "",
  `queue ${queue}`,
].filter(Boolean).join(" · ");
