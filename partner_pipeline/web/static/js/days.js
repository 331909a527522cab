/** Days as the reader has them. */

/** When a day of the reader's began, as the API takes moments: today, or so many days before. */
export function midnight(before = 0) {
  const moment = new Date();
  moment.setHours(0, 0, 0, 0);
  moment.setDate(moment.getDate() - before);
  return moment.toISOString();
}
