/** A job on its way to a partner: sent now, sent again, and what becomes of an uncertain one. */

import {html} from "../../../vendor/lit-html.js";
import {ApiError, post, sentence} from "../../api.js";
import {confirm, form} from "../../dialogs.js";
import {tell, tellProblem} from "../../notices.js";

const sync = ({assignmentId}, body) => post(`/api/sync/assignments/${assignmentId}/sync`, body);

/** Uploads now what waits, or could not be uploaded. */
export async function upload(live, assignment) {
  const done = await sync(assignment, {operation: "job_upload"});
  await live.reload();
  say(done);
}

function say({syncStatus, extJobId, partnerCode, error}) {
  const told = {
    uploaded: `${partnerCode} has the job as ${extJobId}.`,
    queued: `The job is queued: it is uploaded as soon as ${partnerCode} answers.`,
  }[syncStatus];
  if (told) tell(told);
  else tellProblem(new ApiError(0, syncStatus, sentence(error ?? `The upload is ${syncStatus}`)));
}

/** The partner has it: asks first, since it will be there twice. */
export async function uploadAgain(live, assignment) {
  const {partnerCode, extJobId} = assignment;
  const sure = await confirm({
    title: "Upload the job again?",
    text: `${partnerCode} has this job as ${extJobId}. `
      + "Upload it again if it was lost or deleted there: else the aircraft has it twice.",
    action: "Upload again",
    danger: true,
  });
  if (!sure) return;
  const done = await sync(assignment, {operation: "job_upload", force: true});
  await live.reload();
  say(done);
}

/** Somebody has looked at the partner, and says what is there. */
export async function resolve(live, assignment) {
  const {partnerCode, userName, userId} = assignment;
  const done = await form({
    title: `Does ${partnerCode} have the job?`,
    text: html`No answer came when the job was sent, so ${partnerCode} may have it or not.
      It is not sent again by itself: the aircraft could get it twice.
      <b>Look at ${partnerCode} for job files of ${userName ?? userId}</b>, then say here what you found.`,
    fields: [
      {
        name: "found", label: "What you found", type: "select", required: true,
        options: [["there", "The job is there"], ["missing", "It is not there: upload it"]],
      },
      {
        name: "extJobId", label: `Its id at ${partnerCode}`,
        help: "Where the job is there: logs of it are matched by this id.",
      },
    ],
    action: "Save",
    submit: ({found, extJobId}) => decided(assignment, found, extJobId),
  });
  if (!done) return;
  await live.reload();
  say(done);
}

function decided(assignment, found, extJobId) {
  if (found === "missing") return sync(assignment, {operation: "job_upload", force: true});
  if (!extJobId) {
    const problems = [{field: "extJobId", problem: "The partner's own id of the job."}];
    throw new ApiError(0, "invalid_request", "Say under which id the job is there.", problems);
  }
  return sync(assignment, {operation: "confirm_upload", extJobId});
}
