/** Questions that have to be answered first, in the browser's own <dialog>. */

import {html, nothing, render} from "../vendor/lit-html.js";
import {icons} from "./icons.js";
import {button} from "./parts.js";

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
    const update = () => render(html`
      <div class="dialog-head"><h2 id=${id}>${title}</h2>
        ${button({label: html`${icons.close}<span class="unseen">Close</span>`, kind: "quiet icon-only", run: () => close()})}</div>
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
  return open({
    title,
    draw: (close, update) => html`
      <form method="dialog" @submit=${(event) => { event.preventDefault(); if (typed === null || said === typed) close(true); }}>
        <div class="dialog-body"><p>${text}</p>
          ${typed === null ? nothing : html`<label class="field"><span>Type <b>${typed}</b> to confirm</span>
            <input name="confirm" autocomplete="off" spellcheck="false" @input=${(event) => { said = event.target.value; update(); }}></label>`}
        </div>
        <div class="dialog-foot">${button({label: "Cancel", run: () => close()})}
          ${button({label: action, kind: danger ? "danger" : "primary", submit: true, disabled: typed !== null && said !== typed})}</div>
      </form>`,
  }).then((answer) => answer === true);
}

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
          <div role="alert">${problem ? html`<p class="banner bad">${icons.warning}<span>${problem.message}</span></p>` : nothing}</div>
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

/** A field with its label, help, and what is wrong with it. */
export function field(each, problem = null) {
  const wrong = problem?.problemOf?.(each.name) ?? null;
  const id = `field-${each.name}`;
  const described = [each.help ? `${id}-help` : "", wrong ? `${id}-wrong` : ""].filter(Boolean).join(" ") || nothing;
  return html`<div class="field ${each.type === "checkbox" ? "check" : ""}">
    <label for=${id}>${each.label}${each.required || each.type === "checkbox" ? nothing : html` <small>optional</small>`}</label>
    ${control(each, id, described, wrong !== null)}
    ${each.help ? html`<small id="${id}-help">${each.help}</small>` : nothing}
    ${wrong ? html`<small class="wrong" id="${id}-wrong">${wrong}</small>` : nothing}
  </div>`;
}

function control({name, type = "text", value = "", required = false, options = [], none = "", more = {}}, id, described, wrong) {
  const invalid = wrong ? "true" : nothing;
  if (type === "select") {
    return html`<select id=${id} name=${name} ?required=${required} aria-describedby=${described} aria-invalid=${invalid}>
      ${required && (value || options.length === 1) ? nothing : html`<option value="">${required ? "Choose …" : none}</option>`}
      ${options.map(([each, label]) => html`<option value=${each} ?selected=${each === value}>${label}</option>`)}</select>`;
  }
  if (type === "textarea") {
    return html`<textarea id=${id} name=${name} rows=${more.rows ?? 3} ?required=${required} aria-describedby=${described} aria-invalid=${invalid}>${value}</textarea>`;
  }
  if (type === "checkbox") {
    return html`<input id=${id} name=${name} type="checkbox" ?checked=${value === true} aria-describedby=${described}>`;
  }
  return html`<input id=${id} name=${name} type=${type} value=${value} ?required=${required}
    autocomplete=${more.autocomplete ?? "off"} step=${more.step ?? nothing} min=${more.min ?? nothing}
    accept=${more.accept ?? nothing} minlength=${more.minlength ?? nothing}
    aria-describedby=${described} aria-invalid=${invalid}>`;
}

function valuesOf(form, fields) {
  return Object.fromEntries(fields.map(({name, type}) => {
    const found = form.elements[name];
    if (type === "checkbox") return [name, found.checked];
    if (type === "file") return [name, found.files[0] ?? null];
    return [name, type === "password" ? found.value : found.value.trim()];
  }));
}
