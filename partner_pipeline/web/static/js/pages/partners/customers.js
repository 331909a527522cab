/** Customers and the accounts that they have: for administrators. */

import {html} from "../../../vendor/lit-html.js";
import {post} from "../../api.js";
import {form} from "../../dialogs.js";
import {icons} from "../../icons.js";
import {tell} from "../../notices.js";
import {badge, button, card, empty, once} from "../../parts.js";

/** The customers as a part of a page. */
export function customersOf(view, customers) {
  return {draw: () => card("Customers", once(customers, list), {
    actions: button({label: html`${icons.plus}Add customer`, run: () => add(view)}),
  })};
}

function list(found) {
  if (!found.length) {
    return empty("There is no customer yet.", "Add the first one, then its account at a partner.");
  }
  return html`<ul class="list customers">${found.map(({name, active, subscriptions}) => html`<li>
    <b>${name}</b>
    <span class="badges">${active ? accounts(subscriptions) : badge("not in use")}</span>
  </li>`)}</ul>`;
}

const accounts = (subscriptions) =>
  subscriptions.length ? subscriptions.map(at) : html`<span class="soft">no account yet</span>`;

function at({partnerCode, active, failuresInARow}) {
  if (!active) return badge(html`${partnerCode}: not in use`);
  return failuresInARow
    ? badge(html`${partnerCode}: failing`, "bad")
    : badge(html`${partnerCode}: in use`, "info");
}

async function add(view) {
  const made = await form({
    title: "Add customer",
    fields: [
      {name: "name", label: "Name", required: true},
      {name: "username", label: "User name", help: "With it the customer logs in here. Can be left out."},
      {
        name: "password", label: "Password", type: "password",
        help: "At least 8 characters, together with a user name.",
        more: {autocomplete: "new-password", minlength: 8},
      },
    ],
    action: "Add customer",
    submit: ({name, username, password}) => post("/api/users", {
      kind: "CUSTOMER", name, username: username || null, password: password || null,
    }),
  });
  if (!made) return;
  tell(`${made.name} is added.`);
  await view.reload();
}
