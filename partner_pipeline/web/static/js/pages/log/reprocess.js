/** Having a finished log processed again. */

import {nothing} from "../../../vendor/lit-html.js";
import {post} from "../../api.js";
import {form} from "../../dialogs.js";
import {tell} from "../../notices.js";
import {button} from "../../parts.js";
import {mayChange} from "../../session.js";

const FINISHED = new Set(["processed", "failed", "skipped"]);

export function reprocessButton(log, changed) {
  if (!mayChange() || log.source === "own" || !FINISHED.has(log.status)) return nothing;
  return button({label: "Process again", run: () => { again(log, changed); }});
}

async function again(log, changed) {
  const done = await form({
    title: "Process again",
    text: `What is stored of ${log.fileName} is replaced by what it tells now. A match by hand stays.`,
    fields: [{
      name: "download", label: "Download it from the partner again", type: "checkbox",
      help: "Else the file that is kept here is read, where there is one.",
    }],
    action: "Process again",
    submit: ({download}) => post(`/api/logs/${log.id}/reprocess`, {download}),
  });
  if (!done) return;
  tell(done.status === "pending"
    ? "The log is downloaded at the next look at the partner."
    : "The log is processed again.");
  await changed();
}
