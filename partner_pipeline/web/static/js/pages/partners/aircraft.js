/** The aircraft that a partner lists for an account, and which of them are set up here. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {all, post} from "../../api.js";
import {open} from "../../dialogs.js";
import {alertOf, badge, button, empty, loading, problemBox} from "../../parts.js";

/** Shows them in a dialog, which stays open while some are set up. */
export function aircraftOf(account) {
  let found = null;
  let problem = null;
  let problems = new Map();
  const {customerId, partnerCode} = account;

  return open({
    title: `Aircraft of ${account.customerName ?? account.name}`,
    draw: (close, update) => {
      const load = async () => {
        problem = null;
        try {
          found = await all("/api/partners/aircraft", {customerId, partnerCode});
        } catch (error) {
          problem = error;
        }
        update();
      };
      const setUp = async (aircraft) => {
        problems = new Map();
        try {
          await post("/api/users", newAircraft(account, aircraft));
          await load();
        } catch (error) {
          problems.set(aircraft.aircraftId, error);
          update();
        }
      };
      if (found === null && problem === null) load();
      return html`<div class="dialog-body">
        <p class="soft">As ${partnerCode} lists them now. Jobs are assigned to those that are set up here.</p>
        ${problem ? problemBox(problem, load) : found === null ? loading(3) : list(found, problems, setUp)}
      </div>
      <div class="dialog-foot">${button({label: "Close", run: () => close()})}</div>`;
    },
  });
}

function list(found, problems, setUp) {
  if (!found.length) return empty("The partner lists no aircraft.", "It is added at the partner first.");
  return html`<ul class="list">${found.map((each) =>
    one(each, problems.get(each.aircraftId), setUp))}</ul>`;
}

function one(aircraft, problem, setUp) {
  const {userId, name} = aircraft;
  const shown = aircraft.tailNumber || aircraft.aircraftId;
  const other = name && name !== shown ? html` <span class="soft">${name}</span>` : nothing;
  const settingUp = button({
    label: html`Set up<span class="unseen"> ${shown}</span>`,
    run: () => setUp(aircraft),
  });
  return html`<li>
    <div class="aircraft"><span><b>${shown}</b>${other}</span>
      ${userId ? badge("set up", "good") : settingUp}</div>
    ${alertOf(problem)}</li>`;
}

const newAircraft = ({customerId, partnerCode}, {aircraftId, tailNumber}) => ({
  kind: "9",
  name: tailNumber || aircraftId,
  customerId,
  partnerInfo: {partnerCode, partnerAircraftId: aircraftId, tailNumber: tailNumber || null},
});
