/** Adding a log that one has as a file. */

import {all, upload} from "../../api.js";
import {customerField, form} from "../../dialogs.js";
import {tell} from "../../notices.js";
import {isAdmin} from "../../session.js";

/** Asks for the file, and goes to the log's page, which tells how it is processed. */
export async function bringLog(view) {
  const customers = isAdmin() ? await all("/api/users", {kind: "CUSTOMER", active: true}) : [];
  const taken = await form({
    title: "Add log",
    text: "It is processed at once, and matched to a job if one fits."
      + " A log that is here already is processed again.",
    fields: [
      {
        name: "file", label: "Log file", type: "file", required: true,
        help: "Its name may tell the job: 20250915_JOB789.log", more: {accept: ".log"},
      },
      ...(isAdmin() ? [customerField(customers)] : []),
    ],
    action: "Add log",
    submit: ({file, customerId}) => upload("/api/logs", formOf(file, customerId)),
  });
  if (!taken) return;
  // The execution that is at it is another one, which is not told.
  if (taken.executionId === null) tell("This file is being processed already.");
  const query = taken.executionId === null ? {waits: "yes"} : {task: taken.executionId};
  view.go(`/logs/${taken.id}?${new URLSearchParams(query)}`);
}

function formOf(file, customerId) {
  const sent = new FormData();
  sent.append("file", file, file.name);
  if (customerId) sent.append("customerId", customerId);
  return sent;
}
