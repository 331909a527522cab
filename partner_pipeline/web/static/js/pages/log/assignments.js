/** A dialog to choose one of a customer's assignments by. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {get, listed} from "../../api.js";
import {open} from "../../dialogs.js";
import {day} from "../../format.js";
import {alertOf, badge, button, empty, loading, problemBox} from "../../parts.js";

/** Jobs that are looked through; of more, only those whose number is typed. */
const JOBS = 200;
/** Assignments that are shown at once: more are not read, but searched. */
const SHOWN = 40;

/**
 * Asks which assignment a log belongs to; resolves to what `submit` gave, undefined if cancelled.
 * @param submit gets the assignment's id; what it throws is shown
 */
export function chooseAssignment(log, submit) {
  const state = {
    jobs: null, more: false, wanted: "", chosen: log.assignmentId, problem: null, update: () => {},
  };
  const load = async () => {
    state.problem = null;
    try {
      await fill(state, log.customerId);
    } catch (error) {
      state.problem = error;
    }
    state.update();
  };
  const answer = open({
    title: "Match by hand",
    wide: true,
    draw: (close, update) => {
      state.update = update;
      return content(state, log, load, close, submit);
    },
  });
  load();
  return answer;
}

async function fill(state, customerId) {
  const {items, more} = await listed("/api/jobs", {customerId}, JOBS);
  Object.assign(state, {jobs: items, more});
}

/** Looks a job up by its number, where not all of them are here. */
async function lookUp(state, log) {
  if (!state.more || !state.wanted) return;
  const {items} = await get("/api/jobs", {customerId: log.customerId, number: state.wanted});
  const known = new Set(state.jobs.map(({id}) => id));
  state.jobs.push(...items.filter(({id}) => !known.has(id)));
  state.update();
}

function content(state, log, load, close, submit) {
  const isChosen = () => state.chosen !== null && state.chosen !== log.assignmentId;
  const send = async (event) => {
    event.preventDefault();
    const pressed = event.target.querySelector("[type=submit]");
    if (!isChosen() || pressed.getAttribute("aria-busy") === "true") return;
    pressed.setAttribute("aria-busy", "true");
    try {
      close((await submit(state.chosen)) ?? true);
    } catch (error) {
      state.problem = error;
      state.update();
    } finally {
      pressed.removeAttribute("aria-busy");
    }
  };
  const search = (event) => {
    state.wanted = event.target.value.trim();
    state.update();
  };
  return html`<form @submit=${send}>
    <div class="dialog-body">
      <p>The log ${log.fileName} will belong to the job that you choose, also when it is processed again.</p>
      <label class="field"><span>Job or aircraft</span>
        <input type="search" autocomplete="off" @input=${search} @change=${() => lookUp(state, log)}></label>
      ${alertOf(state.jobs && state.problem)}
      ${state.jobs ? options(state, log) : state.problem ? problemBox(state.problem, load) : loading(3)}
    </div>
    <div class="dialog-foot">${button({label: "Cancel", run: () => close()})}
      ${button({label: "Match", kind: "primary", submit: true, disabled: !isChosen()})}</div>
  </form>`;
}

function options(state, log) {
  const all = state.jobs.flatMap((job) => job.assignments.map((each) => ({job, ...each})));
  const said = ({job, userName}) => `${job.name} ${job.number} ${userName}`;
  const found = all.filter((each) => includes(said(each), state.wanted));
  if (!found.length) return none(state);
  return html`<fieldset class="options"><legend class="unseen">Assignment</legend>
    ${found.slice(0, SHOWN).map((each) => option(state, each, log))}</fieldset>
    ${found.length > SHOWN || state.more
      ? html`<small class="soft">There are more. Search for a job's name or number.</small>` : nothing}`;
}

function none({wanted, more}) {
  if (!wanted) return empty("There is no assignment yet", "Give a job to an aircraft first.");
  const hint = "Type the whole number of a job to find an older one.";
  return empty(`No assignment has “${wanted}”`, more ? hint : nothing);
}

function includes(text, wanted) {
  const [all, parts] = [text.toLocaleLowerCase(), wanted.toLocaleLowerCase().split(/\s+/)];
  return parts.every((part) => all.includes(part));
}

function option(state, {assignmentId, job, userName, date}, log) {
  const change = () => {
    state.chosen = assignmentId;
    state.update();
  };
  const candidate = log.match.candidates.find((each) => each.assignmentId === assignmentId);
  const whose = [job.number ? `Job ${job.number}` : "", userName ?? ""].filter(Boolean).join(" · ");
  const mark = candidate ? badge("considered") : nothing;
  return html`<label class="option"><input type="radio" name="assignment" value=${assignmentId}
      .checked=${state.chosen === assignmentId} @change=${change}>
    <span><b>${job.name}</b> <small>${whose} · ${day(date)}</small></span>
    ${assignmentId === log.assignmentId ? badge("now", "good") : mark}</label>`;
}
