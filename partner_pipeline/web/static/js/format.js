/** How figures and times are written: in the reader's own way, times in their own zone. */

import {html, nothing} from "../vendor/lit-html.js";

/** For what is not known. */
export const NONE = "–";

const digits = new Map();

/** A number with so many digits behind the point. */
export function number(value, after = 0) {
  if (value === null || value === undefined) return NONE;
  if (!digits.has(after)) {
    const exactly = {minimumFractionDigits: after, maximumFractionDigits: after};
    digits.set(after, new Intl.NumberFormat(undefined, exactly));
  }
  return digits.get(after).format(value);
}

export const whole = (value) => number(value, 0);
export const withUnit = (unit, after) => (value) =>
  value === null || value === undefined ? NONE : `${number(value, after)} ${unit}`;
export const area = withUnit("ha", 2);
export const volume = withUnit("L", 1);
export const rate = withUnit("L/ha", 1);
export const percent = (value, after = 0) =>
  value === null || value === undefined ? NONE : `${number(value * 100, after)} %`;

export function bytes(value) {
  if (value === null || value === undefined) return NONE;
  if (value < 1000) return `${whole(value)} B`;
  const power = Math.min(Math.floor(Math.log10(value) / 3), 3);
  return `${number(value / 1000 ** power, 1)} ${["", "kB", "MB", "GB"][power]}`;
}

/** Seconds as people say them: 45 s, 12 min, 3 h 5 min, 4 days. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  if (seconds < 60) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${whole(Math.floor(seconds / 60))} min`;
  if (seconds < 2 * 86400) {
    const minutes = Math.floor((seconds % 3600) / 60);
    return `${whole(Math.floor(seconds / 3600))} h${minutes ? ` ${minutes} min` : ""}`;
  }
  return `${whole(Math.floor(seconds / 86400))} days`;
}

const hours = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit", second: "2-digit"});
const [clockTime, dayOfYear] = [{hour: "2-digit", minute: "2-digit"}, {day: "numeric", month: "short"}];
const today = new Intl.DateTimeFormat(undefined, clockTime);
const earlier = new Intl.DateTimeFormat(undefined, {...dayOfYear, ...clockTime});
const long = new Intl.DateTimeFormat(undefined, {...dayOfYear, year: "numeric", ...clockTime});

/** Time of day. */
export const clock = (moment) => hours.format(moment);

/** A moment: the time of today, else with its day; UTC for who points at it. */
export function time(iso) {
  if (!iso) return NONE;
  const moment = new Date(iso);
  return html`<time datetime=${iso} title=${utc(moment)}>${written(moment)}</time>`;
}

function written(moment) {
  const now = new Date();
  if (moment.toDateString() === now.toDateString()) return today.format(moment);
  return (moment.getFullYear() === now.getFullYear() ? earlier : long).format(moment);
}

const days = new Intl.DateTimeFormat(undefined, {...dayOfYear, year: "numeric"});

/** The day of a moment. */
export function day(iso) {
  if (!iso) return NONE;
  const moment = new Date(iso);
  return html`<time datetime=${iso} title=${utc(moment)}>${days.format(moment)}</time>`;
}

const utc = (moment) => `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** A moment as the time that has gone by: "3 min ago". */
export function ago(iso, never = "never") {
  if (!iso) return never;
  const moment = new Date(iso);
  const seconds = Math.max(0, (Date.now() - moment) / 1000);
  const text = seconds < 60 ? "just now" : `${duration(seconds)} ago`;
  return html`<time datetime=${iso} title=${utc(moment)}>${text}</time>`;
}

/** Text of a state, error or kind that a program wrote: "partner_down" → "partner down". */
export const words = (text) => text ? String(text).replaceAll("_", " ") : NONE;

/** The name of a file, which may break where its parts end. */
export const fileName = (name) => name.split(/(?<=[_-])/).map((part, at) => at ? html`<wbr>${part}` : part);

/** Text, or nothing for lit-html where there is none. */
export const given = (value) => value ?? nothing;
