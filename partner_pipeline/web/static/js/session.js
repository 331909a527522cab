/** Who is logged in. The access token is in this module and nowhere else; see web/session.py. */

import {ApiError, send} from "./api.js";

/** Before a token ends, so that it does not end on its way. */
const EARLY = 30_000;

let access = null;
let asking = null;

/** Who is logged in, or null. */
export const user = () => access?.user ?? null;
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
  asking ??= send("/session/token", {method: "POST"})
    .then(keep)
    .finally(() => { asking = null; });
  return asking;
}

export async function login(username, password) {
  await keep(await send("/session", {method: "POST", body: {username, password}}));
}

export async function logout() {
  await send("/session", {method: "DELETE"});
  forget();
}

/** The token works no longer. */
export function forget() {
  access = null;
}

async function keep(answer) {
  if (answer.status === 204) return forget();
  const {accessToken, expiresIn, user} = await answer.json();
  access = {token: accessToken, until: Date.now() + expiresIn * 1000 - EARLY, user};
  return undefined;
}
