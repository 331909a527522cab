/** Asking the REST API: JSON in and out, and every failure an ApiError that says what is wrong. */

import {forget, token} from "./session.js";

/** What went wrong: HTTP's status (0: no answer came), the API's tag, a sentence, and details. */
export class ApiError extends Error {
  constructor(status, tag, message, details = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.tag = tag;
    this.details = details;
  }

  /** What is wrong with a field of a form, if that is told. */
  problemOf(field) {
    const found = Array.isArray(this.details) ? this.details.find((each) => each.field === field) : null;
    return found?.problem ?? null;
  }
}

/** The answer to a request, whose status is a good one; `form` is sent as multipart. */
export async function send(path, {method = "GET", query = {}, body, form, bearer, signal} = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const address = given.length ? `${path}?${new URLSearchParams(given)}` : path;
  const headers = {accept: "application/json"};
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, {method, headers, body: form ?? (body === undefined ? undefined : JSON.stringify(body)), signal});
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "no_answer", "The server does not answer.");
  }
  if (!answer.ok) throw await problem(answer);
  return answer;
}

async function problem(answer) {
  try {
    const {error} = await answer.json();
    return new ApiError(answer.status, error[".tag"], sentence(error.message), error.details);
  } catch {
    return new ApiError(answer.status, "internal", `The server answers with status ${answer.status}.`);
  }
}

/** Text of the API as a sentence. */
export function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

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
export const all = async (path, query = {}, signal = undefined) => (await listed(path, query, 10_000, signal)).items;

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
