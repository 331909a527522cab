/** Questions that have to be answered first, in the browser's own <dialog>. */

import {html, nothing, render} from "../vendor/lit-html.js";
import {icons} from "./icons.js";
import {alertOf, button, named} from "./parts.js";

let last = 0;

/**
 * Opens a dialog; what it was closed with, undefined if it was only closed.
 * @param draw gets close(value) and update(), gives the content
 */
export function open({title, draw, wide = false}) {
  const dialog = document.createElement("dialog");
  const id = `dialog-${++last}`;
  dialog.className = wide ? "wide" : "";
  dialog.setAttribute("aria-labelledby", id);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer;
    const opener = document.activeElement;
    const close = (value) => { answer = value; dialog.close(); };
    const closing = button({
      label: html`${icons.close}<span class="unseen">Close</span>`,
      kind: "quiet icon-only",
      run: () => close(),
    });
    const update = () => render(html`
      <div class="dialog-head"><h2 id=${id}>${title}</h2>
        ${closing}</div>
      ${draw(close, update)}`, dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      goOn(opener);
      resolve(answer);
    }, {once: true});
    // A click beside it, not one that ends there.
    dialog.addEventListener("mousedown", (event) => { if (event.target === dialog) close(); });
    update();
    dialog.showModal();
    // Whoever is asked something waits for nothing.
    opener?.removeAttribute("aria-busy");
    // Where there is something to fill in, one begins there and not at the button that closes it.
    dialog.querySelector(".dialog-body :is(input, select, textarea)")?.focus();
  });
}

/** Closes what is open: a dialog is of the page that opened it. */
export function closeAll() {
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
}

/** What the button that opened a dialog runs may go on now. */
function goOn(opener) {
  if (opener?.getAttribute("aria-disabled") === "true") opener.setAttribute("aria-busy", "true");
}

/**
 * Asks whether to do something.
 * @param typed what has to be typed first: for what cannot be undone
 */
export function confirm({title, text, action, danger = false, typed = null}) {
  let said = "";
  const isSaid = () => typed === null || said === typed;
  const kind = danger ? "danger" : "primary";
  return open({
    title,
    draw: (close, update) => {
      const send = (event) => {
        event.preventDefault();
        if (isSaid()) close(true);
      };
      const type = (event) => {
        said = event.target.value;
        update();
      };
      return html`<form method="dialog" @submit=${send}>
        <div class="dialog-body"><p>${text}</p>
          ${typed === null ? nothing : typing(typed, type)}
        </div>
        <div class="dialog-foot">${button({label: "Cancel", run: () => close()})}
          ${button({label: action, kind, submit: true, disabled: !isSaid()})}</div>
      </form>`;
    },
  }).then((answer) => answer === true);
}

const typing = (wanted, type) => html`
  <label class="field"><span>Type <b>${wanted}</b> to confirm</span>
    <input name="confirm" autocomplete="off" spellcheck="false" @input=${type}></label>`;

/**
 * @typedef Field
 * @property {string} name as the API calls it
 * @property {string} label
 * @property {string} [type] of an <input>; or select, textarea, checkbox, file
 * @property {any} [value] @property {boolean} [required] @property {string} [help]
 * @property {[string, string][]} [options] of a select: [value, label]
 * @property {string} [none] of a select: what choosing nothing stands for
 */

/**
 * A form in a dialog; resolves to what `submit` gave, undefined if it was cancelled.
 * @param submit gets the values of the fields by name (empty ones as ""); what it throws is shown
 * @param more draws what stands below the fields, again whenever one changes; gets values() and update()
 */
export function form({title, text = nothing, fields, action, submit, more = () => nothing}) {
  let problem = null;
  return open({
    title,
    draw: (close, update) => {
      const send = async (event) => {
        event.preventDefault();
        const pressed = event.submitter ?? event.target.querySelector("[type=submit]");
        if (pressed.getAttribute("aria-busy") === "true") return;
        pressed.setAttribute("aria-busy", "true");
        try {
          close((await submit(valuesOf(event.target, fields))) ?? true);
        } catch (error) {
          problem = error;
          update();
          showProblem(event.target);
        } finally {
          pressed.removeAttribute("aria-busy");
        }
      };
      const values = () => valuesOf(document.querySelector("dialog[open]:last-of-type form"), fields);
      return html`<form @submit=${send} @input=${update}>
        <div class="dialog-body">
          ${text === nothing ? nothing : html`<p>${text}</p>`}
          ${fields.map((each) => field(each, problem))}
          ${alertOf(problem)}
          ${more(values, update)}
        </div>
        <div class="dialog-foot">${button({label: "Cancel", run: () => close()})}
          ${button({label: action, kind: "primary", submit: true})}</div>
      </form>`;
    },
  });
}

/** What is wrong may be out of sight in a long form. */
function showProblem(form) {
  form.querySelector(".banner.bad")?.scrollIntoView({block: "nearest"});
  form.querySelector("[aria-invalid=true]")?.focus();
}

/** Whose something is, as administrators say it. */
export const customerField = (customers) => ({
  name: "customerId", label: "Customer", type: "select", required: true, options: named(customers),
});

/** A field with its label, help, and what is wrong with it. */
export function field(each, problem = null) {
  const wrong = problem?.problemOf?.(each.name) ?? null;
  const id = `field-${each.name}`;
  const told = [each.help ? `${id}-help` : "", wrong ? `${id}-wrong` : ""].filter(Boolean).join(" ");
  const isOptional = !each.required && each.type !== "checkbox";
  return html`<div class="field ${each.type === "checkbox" ? "check" : ""}">
    <label for=${id}>${each.label}${isOptional ? html` <small>optional</small>` : nothing}</label>
    ${control(each, {id, described: told || nothing, invalid: wrong ? "true" : nothing})}
    ${each.help ? html`<small id="${id}-help">${each.help}</small>` : nothing}
    ${wrong ? html`<small class="wrong" id="${id}-wrong">${wrong}</small>` : nothing}
  </div>`;
}

function control({name, type = "text", value = "", required = false, more = {}, ...each}, about) {
  const {id, described, invalid} = about;
  if (type === "select") return select({name, value, required, ...each}, about);
  if (type === "textarea") {
    return html`<textarea id=${id} name=${name} rows=${more.rows ?? 3} ?required=${required}
      aria-describedby=${described} aria-invalid=${invalid}>${value}</textarea>`;
  }
  if (type === "checkbox") {
    return html`<input id=${id} name=${name} type="checkbox" ?checked=${value === true}
      aria-describedby=${described}>`;
  }
  return html`<input id=${id} name=${name} type=${type} value=${value} ?required=${required}
    autocomplete=${more.autocomplete ?? "off"} step=${more.step ?? nothing} min=${more.min ?? nothing}
    accept=${more.accept ?? nothing} minlength=${more.minlength ?? nothing}
    aria-describedby=${described} aria-invalid=${invalid}>`;
}

function select({name, value, required, options = [], none = ""}, {id, described, invalid}) {
  const isGiven = required && (value || options.length === 1);
  return html`<select id=${id} name=${name} ?required=${required}
    aria-describedby=${described} aria-invalid=${invalid}>
    ${isGiven ? nothing : html`<option value="">${required ? "Choose …" : none}</option>`}
    ${options.map(([each, label]) => html`
      <option value=${each} ?selected=${each === value}>${label}</option>`)}</select>`;
}

function valuesOf(form, fields) {
  return Object.fromEntries(fields.map(({name, type}) => {
    const found = form.elements[name];
    if (type === "checkbox") return [name, found.checked];
    if (type === "file") return [name, found.files[0] ?? null];
    return [name, type === "password" ? found.value : found.value.trim()];
  }));
}
