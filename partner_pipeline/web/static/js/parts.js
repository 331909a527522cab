/** The parts that pages are made of. */

import {html, nothing} from "../vendor/lit-html.js";
import {clock, whole} from "./format.js";
import {icons} from "./icons.js";
import {tellProblem} from "./notices.js";

/**
 * A button that runs something, and is busy as long as that takes. What goes wrong is told, unless
 * `run` deals with it.
 * @param kind primary, plain (default), quiet or danger
 */
export function button({label, run, kind = "plain", disabled = false, described = nothing, submit = false}) {
  const click = async (event) => {
    const pressed = event.currentTarget;
    if (pressed.getAttribute("aria-disabled") === "true") return;
    // Disabled by `disabled`, it would lose the focus.
    pressed.setAttribute("aria-disabled", "true");
    pressed.setAttribute("aria-busy", "true");
    try {
      await run(event);
    } catch (error) {
      tellProblem(error);
    } finally {
      pressed.removeAttribute("aria-disabled");
      pressed.removeAttribute("aria-busy");
    }
  };
  return html`<button type=${submit ? "submit" : "button"} class="button ${kind}" ?disabled=${disabled}
    aria-describedby=${described} @click=${submit ? nothing : click}>${label}</button>`;
}

/** Head of a page: its title, how fresh it is, what can be done. */
export function head(view, title, {lead = nothing, actions = nothing, back = null} = {}) {
  return html`
    <div class="head">
      <div>
        ${back ? html`<a class="back" href=${back.path}>${icons.back}${back.title}</a>` : nothing}
        <h1>${title}</h1>
        ${lead === nothing ? nothing : html`<p class="lead">${lead}</p>`}
      </div>
      <div class="actions">${actions}${freshness(view)}</div>
    </div>
    ${staleness(view)}`;
}

function freshness(view) {
  const at = oldest(view);
  return html`<div class="fresh">
    ${at === null ? nothing : html`<span>Updated ${clock(at)}</span>`}
    ${button({
      label: html`${icons.refresh}<span class="unseen">Refresh</span>`,
      kind: "quiet icon-only",
      run: () => view.reload(),
    })}
  </div>`;
}

function staleness(view) {
  const failing = view.lives.find((live) => live.stale);
  return html`<div role="status">${failing ? old(failing) : nothing}</div>`;
}

const old = ({error, at}) => html`<p class="banner warning">${icons.warning}<span><b>Not up to date.</b>
  ${error?.message ?? "Nothing was heard from the server for a while."}
  What you see is of ${clock(at)}. Trying again by itself.</span></p>`;

function oldest(view) {
  const loaded = view.lives.filter((live) => live.loaded && live.every > 0);
  return loaded.length ? Math.min(...loaded.map((live) => live.at)) : null;
}

/** Data once they are there; until then that they are on their way, or why they do not come. */
export function once(live, draw, lines = 4) {
  if (live.loaded) return draw(live.data);
  if (live.error?.status === 404) return empty("There is nothing here", live.error.message);
  if (live.error) return problemBox(live.error, () => live.reload());
  return loading(lines);
}

/** Grey lines where something will be. */
export function loading(lines = 4) {
  return html`<div class="loading" role="status"><span class="unseen">Loading …</span>
    ${Array.from({length: lines}, () => html`<span class="line"></span>`)}</div>`;
}

/** What went wrong in place of what should be here. */
export function problemBox(error, again) {
  return html`<div class="problem" role="alert">${icons.warning}
    <div><p><b>This could not be loaded.</b> ${error.message}</p>
    ${button({label: "Try again", run: again})}</div></div>`;
}

/** Nothing is here, and why that is, or what to do. */
export function empty(title, text = nothing) {
  return html`<div class="empty"><p><b>${title}</b></p>
    ${text === nothing ? nothing : html`<p>${text}</p>`}</div>`;
}

/** Where a problem is told as soon as there is one. */
export const alertOf = (problem) => html`<div role="alert">${problem
  ? html`<p class="banner bad">${icons.warning}<span>${problem.message}</span></p>` : nothing}</div>`;

/** A word about a state. `tone`: good, bad, warn, info or quiet. */
export const badge = (text, tone = "quiet") => html`<span class="badge ${tone}">${text}</span>`;

/** A figure with what it is: for the top of a page. */
export function figure({title, value, note = nothing, tone = "", href = null}) {
  const told = html`<span class="title">${title}</span>
    <span class="value">${value}</span><span class="note">${note}</span>`;
  return href
    ? html`<a class="figure ${tone}" href=${href}>${told}</a>`
    : html`<div class="figure ${tone}">${told}</div>`;
}

/** Names and what they stand for; entries without a value are left out. */
export function facts(pairs) {
  const told = pairs.filter(([, value]) => ![null, undefined, "", nothing].includes(value));
  return html`<dl class="facts">${told.map(([name, value]) => html`
    <div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A section with a title. */
export function card(title, content, {actions = nothing, wide = false} = {}) {
  return html`<section class="card ${wide ? "wide" : ""}">
    <div class="card-head"><h2>${title}</h2><div class="actions">${actions}</div></div>${content}</section>`;
}

/** [value, label] of what has an id and a name. */
export const named = (items) => items.map(({id, name}) => [id, name]);

/** What a list is filtered by, kept in the address. `options`: [[value, label], …]. */
export function choose(view, name, label, options, changed = () => {}) {
  const now = view.query[name] ?? "";
  const change = async ({target}) => {
    view.ask({[name]: target.value});
    // What is listed is of another choice until the answer comes.
    target.setAttribute("aria-busy", "true");
    await changed();
    target.removeAttribute("aria-busy");
  };
  return html`<label class="filter"><span>${label}</span><select name=${name} @change=${change}>
    <option value="" .selected=${now === ""}>All</option>
    ${options.map(([value, text]) => html`
      <option value=${value} .selected=${now === value}>${text}</option>`)}
  </select></label>`;
}

/** A field to search the shown rows by. */
export function search(view, label = "Search") {
  const input = (event) => view.ask({q: event.target.value});
  return html`<label class="filter search"><span>${label}</span>
    <input type="search" name="q" .value=${view.query.q ?? ""} @input=${input} autocomplete="off"></label>`;
}

/** How many there are. */
export const counted = (count, one, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`;
