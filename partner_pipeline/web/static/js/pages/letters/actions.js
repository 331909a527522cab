/** What can be done with dead letters; each gives a report of what became of them, or undefined. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {post} from "../../api.js";
import {confirm, open} from "../../dialogs.js";
import {whole} from "../../format.js";
import {tell} from "../../notices.js";
import {alertOf, button, counted} from "../../parts.js";

/** So many are dealt with at a time. */
const MOST = 1000;

const letters = (count) => counted(count, "dead letter");
const path = (queue, action) => `/api/dlq/${encodeURIComponent(queue)}/${action}`;

/** Positions move when letters go: the ids see to it that only these are dealt with. */
const chosen = (rows) => ({
  positions: rows.map((row) => row.position),
  messageIds: rows.map((row) => row.messageId),
});

export async function replay(queue, rows) {
  return replayed(await post(path(queue, "retryByPosition"), chosen(rows)));
}

export async function replayAll({queue, stats}) {
  const [count, all] = [Math.min(stats.dead.messages, MOST), stats.dead.messages];
  const which = count < all ? `The oldest ${whole(count)} of ${whole(all)} go` : "All go";
  const sure = await confirm({
    title: `Replay ${letters(count)}?`,
    text: `${which} back to ${queue}, each as a new execution that starts counting anew.`
      + " What is not mended fails again.",
    action: `Replay ${whole(count)}`,
  });
  return sure ? replayed(await post(path(queue, "retryAll"), {maxMessages: count})) : undefined;
}

export async function archive(queue, rows) {
  const sure = await confirm({
    title: `Archive ${letters(rows.length)}?`,
    text: rows.length === 1
      ? "It becomes a file in the archive folder and leaves the queue."
        + " From there it is not replayed any more."
      : "Each becomes a file in the archive folder and leaves the queue."
        + " From there they are not replayed any more.",
    action: "Archive",
  });
  if (!sure) return undefined;
  const {archived, failed, skipped, errors} = await post(path(queue, "archive"), chosen(rows));
  return report(`${letters(archived)} archived.`, {done: archived, failed, moved: skipped, errors});
}

export async function purge({queue, stats}) {
  const sure = await confirm({
    title: `Purge ${letters(stats.dead.messages)}?`,
    text: "All dead letters of this queue are thrown away, those that you do not see here too."
      + " This cannot be undone, and nothing of them is archived.",
    action: "Purge",
    danger: true,
    typed: queue,
  });
  if (!sure) return undefined;
  const {purged} = await post(path(queue, "purge"), {confirm: queue});
  return report(`${letters(purged)} purged.`, {done: purged});
}

const KNOWN = [
  "x-error-category", "x-task-type", "x-partner-code", "x-customer-id",
  "x-task-id", "x-execution-id", "x-retry-count", "x-error-message",
];

/** Asks for a header, and tells how many of the letters seen have it. */
export function replayByHeader({queue, items, more}) {
  const names = [...new Set([...KNOWN, ...items.flatMap(({headers}) => Object.keys(headers))])];
  const wanted = {headerName: names[0], headerValue: "", maxMessages: 100};
  let problem = null;
  return open({
    title: "Replay by header",
    draw: (close, update) => {
      const read = ({target}) => {
        wanted[target.name] = target.type === "number" ? target.valueAsNumber : target.value;
        update();
      };
      const send = async (event) => {
        event.preventDefault();
        const pressed = event.submitter;
        if (pressed.getAttribute("aria-busy") === "true") return;
        pressed.setAttribute("aria-busy", "true");
        try {
          close(replayed(await post(path(queue, "retryByHeader"), wanted)));
        } catch (error) {
          problem = error;
          update();
        } finally {
          pressed.removeAttribute("aria-busy");
        }
      };
      return html`<form @submit=${send} @input=${read}>
        <div class="dialog-body">
          <p>All letters that have this header with this value go back to ${queue}.</p>
          ${headerFields(names, wanted, items)}
          <p role="status">${matching(wanted, items, more)}</p>
          ${alertOf(problem)}
        </div>
        <div class="dialog-foot">${button({label: "Cancel", run: () => close()})}
          ${button({label: "Replay", kind: "primary", submit: true})}</div></form>`;
    },
  });
}

function headerFields(names, wanted, items) {
  const values = new Set(items.map(({headers}) => headers[wanted.headerName])
    .filter((value) => value !== undefined).map(String));
  return html`
    <label class="field"><span>Header</span><select name="headerName">${names.map((name) => html`
      <option value=${name} ?selected=${name === wanted.headerName}>${name}</option>`)}</select></label>
    <label class="field"><span>Value</span><input name="headerValue" required autocomplete="off"
      spellcheck="false" maxlength="1000" list="header-values"></label>
    <datalist id="header-values">
      ${[...values].map((value) => html`<option value=${value}></option>`)}</datalist>
    <label class="field"><span>At most</span>
      <input name="maxMessages" type="number" min="1" max=${MOST} value="100" required></label>`;
}

function matching({headerName, headerValue}, items, more) {
  if (!headerValue) return "Type the value that the letters have.";
  const has = ({headers}) => headers[headerName] !== undefined && String(headers[headerName]) === headerValue;
  const count = items.filter(has).length;
  const all = `${more ? "the first " : ""}${counted(items.length, "letter")} shown`;
  return `${whole(count)} of ${all} ${count === 1 ? "has" : "have"} it.`;
}

const replayed = ({replayed: done, failed, skipped, moved, errors}) =>
  report(`${letters(done)} replayed.`, {done, failed, busy: skipped - moved, moved, errors});

/**
 * What became of letters.
 * @property clear whether nothing is left to say but the title
 */
function report(title, {done, failed = 0, busy = 0, moved = 0, errors = []}) {
  const where = moved === 1 ? "it was" : "they were";
  const whose = busy === 1 ? "its task is" : "their tasks are";
  const notes = [
    moved ? `${letters(moved)} skipped: no longer where ${where}. Look at the list again.` : "",
    busy ? `${letters(busy)} skipped: ${whose} at work already.` : "",
    failed ? `${letters(failed)} failed, and stayed:` : "",
  ].filter(Boolean);
  const clear = done > 0 && !notes.length;
  if (!done && !notes.length) notes.push("There was none of them.");
  return {title, notes, errors, clear, tell: () => { if (clear) tell(title); }};
}
