/** Customers' accounts at partners: their table, and what can be done with each. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {ApiError, all, post, put, remove, sentence} from "../../api.js";
import {confirm, customerField, form} from "../../dialogs.js";
import {ago, clock} from "../../format.js";
import {icons} from "../../icons.js";
import {tell} from "../../notices.js";
import {badge, button, card, choose, counted, empty, named, once, search} from "../../parts.js";
import {isAdmin, user} from "../../session.js";
import {table} from "../../table.js";
import {aircraftOf} from "./aircraft.js";
import {attempt, mark, trying} from "./credentials.js";

const PATH = "/api/partners/systemUsers";

/**
 * The accounts as a part of a page.
 * @param partners, customers data of the page: what accounts are filtered by
 */
export function accountsOf(view, partners, customers) {
  const filters = () => {
    const {partner, customer, active} = view.query;
    return {partnerId: partner, customerId: customer, active};
  };
  const list = view.list(PATH, filters);
  const page = {view, list, partners, customers, tried: new Map()};
  return {draw: () => card("Accounts", html`
    ${filtering(page)}
    ${once(list, (found) => rows(page, found))}`, {
    actions: button({label: html`${icons.plus}Add account`, run: () => add(page)}),
  })};
}

function filtering({view, list, partners, customers}) {
  const again = () => list.reload();
  const codes = (partners.data ?? []).map(({id, partnerName}) => [id, partnerName]);
  const names = named(customers.data ?? []);
  return html`<div class="filters">
    ${search(view, "Search accounts")}
    ${choose(view, "partner", "Partner", codes, again)}
    ${isAdmin() ? choose(view, "customer", "Customer", names, again) : nothing}
    ${choose(view, "active", "State", [["true", "In use"], ["false", "Not in use"]], again)}
  </div>`;
}

function rows(page, {items, more}) {
  const {view, list} = page;
  const filtered = ["partner", "customer", "active"].some((each) => view.query[each]);
  const verdict = ({id, name}) => tested(name, page.tried.get(id));
  return html`${table(view, {
    caption: "Accounts at partners",
    columns: columns(page),
    rows: items,
    key: ({id}) => id,
    sort: "name",
    one: "account",
    more: more ? () => list.more() : null,
    nothingHere: filtered
      ? empty("No account is like this.", "Take the filters away to see all.")
      : empty("There is no account yet.", html`Add the one that a customer has at a partner:
        with it jobs are uploaded and logs are fetched.`),
  })}
  <div role="status" class="tests">${items.filter(({id}) => page.tried.has(id)).map(verdict)}</div>`;
}

const tested = (name, {ok, error}) => ok
  ? html`<p class="unseen">${name}: the partner accepts the credentials.</p>`
  : html`<p class="banner bad">${icons.warning}<span><b>${name}:</b> ${sentence(error)}</span></p>`;

const columns = (page) => [
  {
    name: "name", title: "Account", main: true,
    value: ({name, username}) => `${name} ${username}`,
    cell: ({name, username}) => html`<div
      class="account">${name}<small class="under">${username}</small></div>`,
  },
  ...(isAdmin() ? [{name: "customer_name", title: "Customer", value: ({customerName}) => customerName}] : []),
  {name: "partner_code", title: "Partner", value: ({partnerCode}) => partnerCode},
  {
    name: "state", title: "State",
    value: (account) => STATES[stateOf(account)][0],
    cell: (account) => state(account, page.tried.get(account.id)),
  },
  {
    name: "success", title: "Last success",
    value: ({health}) => health.lastSuccess,
    cell: ({health}) => ago(health.lastSuccess),
  },
  {
    name: "failure", title: "Last failure",
    value: ({health}) => health.lastFailure,
    cell: ({health}) => ago(health.lastFailure),
  },
  {name: "actions", title: "", cell: (account) => actions(page, account)},
];

const STATES = {
  off: ["not in use", "quiet"],
  failing: ["failing", "bad"],
  well: ["works", "good"],
  fresh: ["not used yet", "quiet"],
};

function stateOf({active, health}) {
  if (!active) return "off";
  if (health.failuresInARow) return "failing";
  return health.lastSuccess ? "well" : "fresh";
}

function state(account, tried) {
  const now = stateOf(account);
  const {failuresInARow, error} = account.health;
  return html`<div class="health">
    ${badge(...STATES[now])}
    ${now === "failing" ? html`<details>
      <summary>${counted(failuresInARow, "time")} in a row</summary><small>${sentence(error)}</small>
    </details>` : nothing}
    ${tried ? html`<span>${mark(tried)} <small>tested ${clock(tried.at)}</small></span>` : nothing}</div>`;
}

function actions(page, account) {
  const named = (text) => html`${text}<span class="unseen"> ${account.name}</span>`;
  return html`<div class="row-actions">
    ${button({label: named("Test"), run: () => test(page, account)})}
    ${account.active ? button({label: named("Aircraft"), run: () => aircraftOf(account)}) : nothing}
    ${button({label: named("Edit"), run: () => edit(page, account)})}
    ${account.active
      ? button({label: named("Deactivate"), kind: "quiet", run: () => deactivate(page, account)})
      : button({label: named("Reactivate"), kind: "quiet", run: () => reactivate(page, account)})}
  </div>`;
}

/** Tries what is stored; what came of it is seen until the page is left. */
async function test({view, tried}, account) {
  tried.delete(account.id);
  view.update();
  tried.set(account.id, await attempt({systemUserId: account.id}));
  view.update();
}

const FIELDS = {
  name: (value, required) => ({
    name: "name", label: "Name", value, required,
    help: required ? undefined : "By default the customer's and the partner's.",
  }),
  username: (value) => ({name: "username", label: "User name at the partner", value, required: true}),
  password: (required) => ({
    name: "password", label: required ? "Password at the partner" : "New password",
    type: "password", required, more: {autocomplete: "new-password"},
    help: required ? "It is kept encrypted, and never shown." : "Left empty, the stored one stays.",
  }),
  active: (value) => ({
    name: "active", label: "In use", type: "checkbox", value,
    help: "Jobs are uploaded and logs are fetched with it.",
  }),
};

async function add(page) {
  const [partners, customers] = await Promise.all([
    all("/api/partners"),
    isAdmin() ? all("/api/partners/customers") : [],
  ]);
  const own = isAdmin() ? {} : {customerId: user().customerId};
  const served = partners.filter(({hasService}) => hasService).map(({id, partnerName}) => [id, partnerName]);
  const made = await form({
    title: "Add account",
    text: "A customer has one account at each partner.",
    fields: [
      ...(isAdmin() ? [customerField(customers)] : []),
      {name: "partnerId", label: "Partner", type: "select", required: true, options: served},
      FIELDS.username(""),
      FIELDS.password(true),
      FIELDS.name("", false),
      FIELDS.active(true),
    ],
    action: "Add account",
    more: trying(allGiven, "Give a partner, a user name and a password first."),
    submit: ({name, ...given}) => post(PATH, {...own, ...given, name: name || null}).catch(thereAlready),
  });
  if (made) await done(page, `${made.name} is added.`);
}

const allGiven = ({partnerId, username, password}) =>
  partnerId && username && password ? {partnerId, username, password} : null;

function thereAlready(error) {
  if (error.tag !== "conflict") throw error;
  throw new ApiError(error.status, error.tag, "There is an account of this customer at this partner already,"
    + " or one with this user name. It may be one that is not in use.");
}

async function edit(page, account) {
  const given = ({password, ...more}) => ({...more, ...(password ? {password} : {})});
  const toTry = ({username, password}) =>
    username ? given({systemUserId: account.id, username, password}) : null;
  const changed = await form({
    title: `Edit ${account.name}`,
    text: `Of ${account.customerName ?? "a customer"} at ${account.partnerCode}.`,
    fields: [
      FIELDS.username(account.username),
      FIELDS.password(false),
      FIELDS.name(account.name, true),
      FIELDS.active(account.active),
    ],
    action: "Save",
    more: trying(toTry, "Give a user name first."),
    submit: (values) => put(`${PATH}/${account.id}`, given(values)),
  });
  if (!changed) return;
  page.tried.delete(account.id);
  await done(page, `${changed.name} is changed.`);
}

async function deactivate(page, account) {
  const sure = await confirm({
    title: `Deactivate ${account.name}?`,
    text: "No job is uploaded and no log is fetched with it any more."
      + " What it did stays, and it can be reactivated at any time.",
    action: "Deactivate",
    danger: true,
  });
  if (!sure) return;
  await remove(`${PATH}/${account.id}`);
  await done(page, `${account.name} is deactivated.`);
}

async function reactivate(page, account) {
  await put(`${PATH}/${account.id}`, {active: true});
  await done(page, `${account.name} is in use again.`);
}

function done({list, customers}, text) {
  tell(text);
  return Promise.all([list.reload(), customers.reload()]);
}
