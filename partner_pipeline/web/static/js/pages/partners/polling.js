/** Fetching new logs now, and what came of it. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {all, post, sentence} from "../../api.js";
import {form, open} from "../../dialogs.js";
import {time, whole, words} from "../../format.js";
import {badge, button, counted, named} from "../../parts.js";
import {isAdmin, user} from "../../session.js";

/** Asks whose logs to fetch, fetches them, and shows what came of it. */
export async function pollNow(view) {
  const [partners, customers] = await Promise.all([
    all("/api/partners"),
    isAdmin() ? all("/api/partners/customers") : [user()],
  ]);
  const codes = partners
    .filter(({hasService}) => hasService)
    .map(({partnerCode, partnerName}) => [partnerCode, partnerName]);
  const report = await form({
    title: "Poll now",
    text: "Asks the partners for new logs at once, instead of waiting for the next round."
      + " It takes a minute at most.",
    fields: [
      ...(isAdmin() ? [choice("customerId", "Customer", "All customers", named(customers))] : []),
      ...(codes.length > 1 ? [choice("partnerCode", "Partner", "All partners", codes)] : []),
    ],
    action: "Poll now",
    submit: ({customerId, partnerCode}) => post("/api/partners/syncData", {
      customerId: customerId || null,
      partnerCode: partnerCode || null,
    }),
  });
  if (!report) return;
  view.reload();
  const names = new Map(named(customers));
  await open({title: "Polled", draw: (close) => html`
    <div class="dialog-body">${shown(report, names)}</div>
    <div class="dialog-foot">${button({label: "Close", run: () => close()})}</div>`});
}

const choice = (name, label, none, options) => ({name, label, type: "select", none, options});

function shown({busy, cutShort, accounts}, names) {
  if (busy) return html`<p>Another poll is under way, so nothing was done. Try again in a moment.</p>`;
  if (!accounts.length) {
    return html`<p>There was nothing to ask for: logs are fetched for aircraft that an uploaded job is
      assigned to.</p>`;
  }
  const found = accounts.reduce((sum, each) => sum + each.new, 0);
  return html`
    <p><b>${found ? counted(found, "new log") : "No new log"}.</b>
      ${cutShort ? "The time was too short for all of it; the rest comes with the next poll." : nothing}</p>
    <ul class="list">${accounts.map((account) => html`<li>
      <div class="partner-line">
        <span><b>${names.get(account.customerId)}</b> at ${account.partnerCode}</span>
        ${stateOf(account)}</div>
      <small class="soft">${figures(account)}</small>
      ${account.error ? html`<span>${sentence(account.error)}</span>` : nothing}</li>`)}</ul>`;
}

function stateOf({error, errorCategory, failed, restingUntil}) {
  if (restingUntil) return badge("resting", "warn");
  if (error) return badge(words(errorCategory), "bad");
  return failed ? badge(`${counted(failed, "log")} failed`, "warn") : badge("polled", "good");
}

function figures({aircraft, listed, offered, new: found, downloaded, enqueued, failed, restingUntil}) {
  if (restingUntil) {
    return html`It failed a short time ago, and is asked again from ${time(restingUntil)} on.
      Choose the customer to ask now.`;
  }
  return [
    `${whole(listed)} of ${counted(aircraft, "aircraft", "aircraft")} asked`,
    `${counted(offered, "log")} there`,
    `${whole(found)} new`,
    `${whole(downloaded)} fetched`,
    `${whole(enqueued)} on the way to be processed`,
    ...(failed ? [`${whole(failed)} failed`] : []),
  ].join(" · ");
}
