/** Requests as the server takes them, and every failure an ApiError that says what is wrong. */

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
  const isGiven = ([, value]) => value !== null && value !== undefined && value !== "";
  // A list is given value by value: any of them will do.
  const given = Object.entries(query)
    .flatMap(([name, value]) => [value].flat().map((each) => [name, each]))
    .filter(isGiven);
  const address = given.length ? `${path}?${new URLSearchParams(given)}` : path;
  const headers = {accept: "application/json"};
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    const sent = form ?? (body === undefined ? undefined : JSON.stringify(body));
    answer = await fetch(address, {method, headers, body: sent, signal});
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
