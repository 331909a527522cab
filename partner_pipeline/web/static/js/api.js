/** Asking the REST API as who is logged in: JSON in and out, lists, files. */

import {send} from "./http.js";
import {forget, token} from "./session.js";

export {ApiError, sentence} from "./http.js";

/** As `send`, by who is logged in; a token that works no longer is replaced once. */
async function ask(path, options) {
  try {
    return await send(path, {...options, bearer: await token()});
  } catch (error) {
    if (error.status !== 401) throw error;
    forget();
    return send(path, {...options, bearer: await token()});
  }
}

async function answered(path, options) {
  const answer = await ask(path, options);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path, query = {}, signal = undefined) => answered(path, {query, signal});
export const post = (path, body = undefined) => answered(path, {method: "POST", body});
export const put = (path, body) => answered(path, {method: "PUT", body});
export const remove = (path, body = undefined) => answered(path, {method: "DELETE", body});
export const upload = (path, form) => answered(path, {method: "POST", form});

/** The first `wanted` items of a list, and whether there are more. */
export async function listed(path, query, wanted, signal) {
  const items = [];
  let cursor = null;
  do {
    const page = await get(path, {...query, limit: Math.min(wanted - items.length, 200), cursor}, signal);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < wanted);
  return {items, more: cursor !== null};
}

/** Every item of a list that is short by its nature: partners, a customer's aircraft. */
export async function all(path, query = {}, signal = undefined) {
  return (await listed(path, query, 10_000, signal)).items;
}

/** Has the browser keep a file that only who is logged in may have. */
export async function download(path, {method = "GET", body, name}) {
  const content = await (await ask(path, {method, body})).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
