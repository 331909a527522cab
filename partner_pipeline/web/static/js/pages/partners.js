/** Partners, customers' accounts at them, and the customers. */

import {html, nothing} from "../../vendor/lit-html.js";
import {ApiError, all, get, post, put, remove} from "../api.js";
import {confirm, form} from "../dialogs.js";
import {ago, whole, words} from "../format.js";
import {icons} from "../icons.js";
import {tell} from "../notices.js";
import {badge, button, card, counted, empty, facts, head, loading, once} from "../parts.js";
import {isAdmin, mayChange} from "../session.js";
import {accountsOf} from "./partners/accounts.js";
import {customersOf} from "./partners/customers.js";
import {pollNow} from "./partners/polling.js";

export function open(view) {
  const partners = view.live((signal) => all("/api/partners", {}, signal));
  const states = view.live(stateOfEach);
  const page = mayChange() ? owned(view, partners) : {draw: () => nothing};
  view.draw(() => html`
    ${head(view, mayChange() ? "Partners and accounts" : "Partners", {
      lead: "Who takes jobs to the aircraft and brings back their logs.",
      actions: page.actions?.() ?? nothing,
    })}
    ${card("Partners", once(partners, (found) => cards(view, found, states)), {
      actions: isAdmin() ? button({label: html`${icons.plus}Add partner`, run: () => add(view)}) : nothing,
    })}
    ${page.draw()}`);
}

/** What customers and administrators see below the partners. */
function owned(view, partners) {
  const customers = view.live((signal) => all("/api/partners/customers", {}, signal));
  const accounts = accountsOf(view, partners, customers);
  const list = isAdmin() ? customersOf(view, customers) : {draw: () => nothing};
  return {
    actions: () => button({label: "Poll now", kind: "primary", run: () => pollNow(view)}),
    draw: () => html`${accounts.draw()}${list.draw()}`,
  };
}

/** Whether each partner answers, by its id; slower than their list, since they may be asked just now. */
async function stateOfEach(signal) {
  const found = await all("/api/partners", {}, signal);
  const states = await Promise.all(found.map(({id}) => get(`/api/partners/${id}/status`, {}, signal)));
  return new Map(states.map((state) => [state.partnerId, state]));
}

function cards(view, found, states) {
  if (!found.length) {
    const who = isAdmin() ? "Add the first one." : "An administrator adds the first one.";
    return empty("There is no partner yet.", who);
  }
  return html`<ul class="partners">${found.map((partner) => html`<li>
    ${one(view, partner, states.data?.get(partner.id), states.error)}</li>`)}</ul>`;
}

function one(view, partner, state, error) {
  const {partnerName: name, partnerCode: code} = partner;
  const unknown = error ? html`<p class="soft">How it does is not known: ${error.message}</p>` : loading(2);
  return html`
    <div class="partner-line">
      <h3>${name}${name === code ? nothing : html` <small class="soft">${code}</small>`}</h3>
      ${badgeOf(partner, state)}</div>
    ${partner.hasService ? nothing : html`<p class="soft">satlog has no service for this partner.</p>`}
    ${state ? numbers(state) : unknown}
    ${isAdmin() ? actions(view, partner) : nothing}`;
}

function actions(view, partner) {
  const act = (title, run, kind) =>
    button({label: html`${title}<span class="unseen"> ${partner.partnerName}</span>`, kind, run});
  return html`<div class="actions">
    ${act("Edit", () => edit(view, partner))}
    ${partner.active
      ? act("Deactivate", () => deactivate(view, partner), "quiet")
      : act("Reactivate", () => reactivate(view, partner), "quiet")}
  </div>`;
}

const STATES = {
  online: ["answers", "good"],
  offline: ["does not answer", "bad"],
  inactive: ["not in use", "quiet"],
};

function badgeOf(partner, state) {
  if (!partner.active) return badge(...STATES.inactive);
  if (!state || (state.status === "offline" && state.checkedAt === null)) return badge("not asked yet");
  return badge(...STATES[state.status]);
}

const numbers = (state) => html`
  ${facts([
    ["Last poll", ago(state.lastSync)],
    ["Jobs there", whole(state.activeJobs)],
    ["On their way", whole(state.pendingSyncs)],
    ["Last check", ago(state.checkedAt)],
  ])}
  ${state.errors.length ? html`<details class="troubles">
    <summary>${counted(state.errors.length, "thing")} went wrong</summary>
    <div tabindex="0" role="group" aria-label="What went wrong">
      <ul class="list">${state.errors.map(trouble)}</ul></div></details>` : nothing}`;

const trouble = ({at, what, message, category}) => html`<li>
  <div class="partner-line">
    <span><b>${words(what)}</b> ${category ? badge(words(category), "bad") : nothing}</span>
    <small class="soft">${ago(at)}</small></div>
  <span>${message}</span></li>`;

const FIELDS = {
  name: (partner) => ({
    name: "partnerName", label: "Name", required: Boolean(partner), value: partner?.partnerName ?? "",
  }),
  configuration: (partner) => ({
    name: "configuration", label: "Configuration", type: "textarea", more: {rows: 6},
    value: JSON.stringify(partner?.configuration ?? {}, null, 2),
    help: "JSON: what else is to be kept about this partner. No passwords.",
  }),
};

async function add(view) {
  const made = await form({
    title: "Add partner",
    text: "The organisation of a partner that satlog has a service for.",
    fields: [
      {
        name: "partnerCode", label: "Code", required: true,
        help: "The code of its service, for example SATLOC.",
      },
      FIELDS.name(null),
      FIELDS.configuration(null),
    ],
    action: "Add partner",
    submit: ({partnerCode, partnerName, configuration}) => post("/api/partners", {
      partnerCode, partnerName: partnerName || null, configuration: parsed(configuration),
    }),
  });
  if (made) await done(view, `${made.partnerName} is added.`);
}

async function edit(view, partner) {
  const changed = await form({
    title: `Edit ${partner.partnerName}`,
    fields: [
      FIELDS.name(partner),
      FIELDS.configuration(partner),
      {name: "active", label: "In use", type: "checkbox", value: partner.active},
    ],
    action: "Save",
    submit: ({partnerName, configuration, active}) =>
      put(`/api/partners/${partner.id}`, {partnerName, configuration: parsed(configuration), active}),
  });
  if (changed) await done(view, `${changed.partnerName} is changed.`);
}

/** The configuration that somebody typed; raises ApiError for what is none. */
function parsed(text) {
  let found;
  try {
    found = JSON.parse(text || "{}");
  } catch (error) {
    throw unusable(`This is no JSON: ${error.message}`);
  }
  if (found === null || typeof found !== "object" || Array.isArray(found)) {
    throw unusable('Expected names and values in braces, for example {"contact": "support"}.');
  }
  return found;
}

function unusable(problem) {
  const details = [{field: "configuration", problem}];
  return new ApiError(0, "invalid_request", "The configuration cannot be used.", details);
}

async function deactivate(view, partner) {
  const sure = await confirm({
    title: `Deactivate ${partner.partnerName}?`,
    text: "Nothing is polled from it or uploaded to it any more."
      + " Its accounts stay as they are, and it can be activated again at any time.",
    action: "Deactivate",
    danger: true,
  });
  if (!sure) return;
  await remove(`/api/partners/${partner.id}`);
  await done(view, `${partner.partnerName} is deactivated.`);
}

async function reactivate(view, partner) {
  await put(`/api/partners/${partner.id}`, {active: true});
  await done(view, `${partner.partnerName} is in use again.`);
}

function done(view, text) {
  tell(text);
  return view.reload();
}
