/** What of a log is lost, in words. */

import {html, nothing} from "../../../vendor/lit-html.js";
import {bytes, number, whole} from "../../format.js";
import {badge, counted, facts} from "../../parts.js";

const REASONS = {
  sync: "no record begins there",
  length: "a record tells a length that cannot be",
  checksum: "the checksum of a record is wrong",
  end: "the file ends within a record",
  type: "a record is of a kind that nobody knows",
};

export function damage(log) {
  const found = log.damage;
  const complete = html`<span>All ${whole(found.frames)} records of the log could be read.</span>`;
  return html`
    <p>${badge(found.damaged ? "damaged" : "undamaged", found.damaged ? "warn" : "good")}
      ${found.damaged ? lost(found) : complete}</p>
    ${runs(found.lostRuns ?? [], found.lost)}
    ${facts([
      ["Records that are whole", found.damaged ? whole(found.frames) : null],
      ["Wrong checksums", some(found.badChecksums)],
      ["Last record, cut off", found.cutTail ? `${bytes(found.cutTail)} of it are there` : null],
      ["Records too short", kinds(found.short)],
      ["Records longer than known", kinds(found.extended)],
      ["Kinds of records not known", kinds(found.unknownTypes)],
      ["Times that cannot be", some(found.impossibleTimes)],
      ["Characters that cannot be read", some(found.undecodableText)],
    ])}`;
}

const some = (count) => count ? whole(count) : null;
const kinds = (counts) => Object.entries(counts ?? {})
  .map(([kind, count]) => `${kind} × ${whole(count)}`)
  .join(", ");

function lost({bytesLost, size, lost: places, short}) {
  if (!bytesLost) {
    const cut = Object.values(short ?? {}).reduce((sum, each) => sum + each, 0);
    return html`<span>${counted(cut, "record")} came too short. Nothing else is lost.</span>`;
  }
  return html`<span><b>${bytes(bytesLost)}</b> of ${bytes(size)} are lost (${share(bytesLost / size)}),
    in ${counted(places, "place")}.
    Everything else was read, and counts.</span>`;
}

/** Never rounded to nothing. */
const share = (part) => part < 0.001 ? "under 0.1 %" : `${number(part * 100, 1)} %`;

function runs(found, count) {
  if (!found.length) return nothing;
  const more = count - found.length;
  return html`<ul class="runs">${found.map(run)}
    ${more > 0 ? html`<li>and ${counted(more, "more place", "more places")}</li>` : nothing}</ul>`;
}

const run = ({offset, size, reason}) => html`
  <li>${counted(size, "byte")} at byte ${whole(offset)}: ${REASONS[reason] ?? reason}</li>`;
