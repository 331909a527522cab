/** States of the pipeline's things, in colours and words. */

export const LOG_TONES = {
  pending: "quiet",
  downloading: "info",
  downloaded: "info",
  processing: "info",
  processed: "good",
  failed: "bad",
  skipped: "quiet",
};

export const DECISION_TONES = {matched: "good", manual: "good", ambiguous: "warn", unmatched: "warn"};

/** How a log was matched, in words; null: not yet. */
export const decided = ({decision, assignmentId}) =>
  decision === "manual" && assignmentId === null ? "manual: no job" : decision;

export const SYNC_TONES = {
  uploaded: "good",
  internal: "quiet",
  queued: "info",
  failed: "bad",
  uncertain: "warn",
};

/** Kinds of failure. */
export const CATEGORIES = [
  "transient",
  "authentication",
  "rate_limit",
  "partner_down",
  "validation",
  "processing",
  "infrastructure",
];

/** [value, label] of a select. */
export const choices = (tones) => Object.keys(tones).map((value) => [value, value]);
