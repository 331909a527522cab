/** Text that anybody may have sent, made fit to be read. */

import {sentence} from "../../api.js";

/** Characters of a body that are shown: a browser stands still over millions. */
const MOST = 50_000;
/** Deeper than that nothing is moved to the right. */
const DEEPEST = 24;

const CONTROL = /[\u0000-\u0008\u000b-\u001f]/g;
/** Invisible marks, some of which turn the text around them round; and half a pair of surrogates. */
const MARK = new RegExp([
  /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/,
  /[\ud800-\udbff](?![\udc00-\udfff])/,
  /(?<![\ud800-\udbff])[\udc00-\udfff]/,
].map(({source}) => source).join("|"), "g");

/** With a picture for what would not be seen. */
export const visible = (text) => text
  .replace(CONTROL, (found) => String.fromCharCode(0x2400 + found.charCodeAt(0)))
  .replace(MARK, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** An error message as a sentence; empty where nothing was said. */
export const said = (message) => message ? sentence(visible(message)) : "";

/** A body to be read: one line for each value if it is JSON; `left`: characters that are not shown. */
export function pretty(body) {
  if (body.length > MOST) {
    return {text: visible(body.slice(0, MOST)), isJson: false, left: body.length - MOST};
  }
  const isJson = parses(body);
  return {text: visible(isJson ? inLines(body) : body), isJson, left: 0};
}

function parses(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** JSON in lines. Not parsed and written again: large numbers and doubled names would change. */
function inLines(text) {
  let depth = 0;
  let written = "";
  let before = "";
  const line = () => `\n${"  ".repeat(Math.min(depth, DEEPEST))}`;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "}" || token === "]") {
      depth -= 1;
      if (before !== "{" && before !== "[") written += line();
    } else if (before === "{" || before === "[" || before === ",") {
      written += line();
    }
    written += token === ":" ? ": " : token;
    if (token === "{" || token === "[") depth += 1;
    before = token;
  }
  return written;
}
