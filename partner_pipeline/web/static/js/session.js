/** Who is logged in. The access token is in this module and nowhere else; see web/session.py. */

import {ApiError, send} from "./http.js";

/** Before a token ends, so that it does not end on its way. */
const EARLY = 30_000;

let access = null;
/** Whom the page is drawn for, also while a token is replaced; undefined: not known yet. */
let known;
let asking = null;
/** Counts logins and logouts. */
let turn = 0;

/** Who is logged in, or null. */
export const user = () => known ?? null;
export const isAdmin = () => user()?.role === "ADMIN";
export const mayChange = () => user() !== null && user().role !== "PILOT";

/** An access token that works; raises ApiError 401 where one has to log in. */
export async function token() {
  if (access === null || Date.now() > access.until) await proceed();
  if (access === null) throw new ApiError(401, "not_authenticated", "You are not logged in any more.");
  return access.token;
}

/** Gets the next token, where somebody is logged in; whoever asks meanwhile waits for the same one. */
export function proceed() {
  asking ??= next(turn).finally(() => { asking = null; });
  return asking;
}

async function next(asked) {
  const found = await read(await send("/session/token", {method: "POST"}));
  // After a login or logout meanwhile, it is of the session before.
  if (asked !== turn) return undefined;
  return isAnother(found) ? reload() : keep(found);
}

export async function login(username, password) {
  const found = await read(await send("/session", {method: "POST", body: {username, password}}));
  turn += 1;
  keep(found);
}

export async function logout() {
  await send("/session", {method: "DELETE"});
  turn += 1;
  keep(null);
}

/** The token works no longer; who is logged in is told by the answer to the next request for one. */
export function forget() {
  access = null;
}

/** Logged in in another window: what is seen here is of who was logged in before. */
const isAnother = (found) => found !== null && known !== undefined && found.user.id !== known?.id;

/** Whoever waits for the answer waits until the page is gone. */
function reload() {
  location.reload();
  return new Promise(() => {});
}

async function read(answer) {
  return answer.status === 204 ? null : answer.json();
}

function keep(found) {
  known = found?.user ?? null;
  access = found && {token: found.accessToken, until: Date.now() + found.expiresIn * 1000 - EARLY};
}
