/** Tables that sort by any column, search, select rows, and are cards on a narrow screen. */

import {html, nothing} from "../vendor/lit-html.js";
import {repeat} from "../vendor/directives/repeat.js";
import {NONE} from "./format.js";
import {button, counted, empty} from "./parts.js";

/**
 * @typedef Column
 * @property {string} name of the column in the address
 * @property {string} title
 * @property {(row) => any} [value] what it is sorted and searched by; a column without holds what can be
 *   done with a row
 * @property {(row) => any} [cell] what is seen; `value` if left out
 * @property {boolean} [number] right-aligned
 * @property {boolean} [main] the row's name: head of its card
 */

/**
 * The rows of a table as the address wants them, with what belongs around them.
 * @param view whose address tells `sort` and `q`
 * @param caption what the table holds; for screen readers
 * @param key of a row: unique
 * @param nothingHere is shown where there are no rows at all
 * @param more loads more rows, where the list goes on
 * @param picked rows that are selected: a Set of keys
 * @param scrolling whether it stays a table on a narrow screen: of many columns of figures
 */
export function table(view, {
  caption, columns, rows, key, sort = "", nothingHere,
  one = "row", many = `${one}s`, more = null, picked = null, scrolling = false,
}) {
  if (!rows.length) return nothingHere;
  const found = sorted(searched(rows, columns, view.query.q), columns, view.query.sort ?? sort);
  if (!found.length) {
    return empty(`No ${one} here has “${view.query.q}”.`, "Search for less, or take the filters away.");
  }
  return html`
    <div class="table-scroll ${scrolling ? "keep" : ""}"><table>
      <caption class="unseen">${caption}</caption>
      <thead><tr>
        ${picked ? html`<th class="pick" scope="col">${pickAll(view, found, key, picked)}</th>` : nothing}
        ${columns.map((column) => header(view, column, view.query.sort ?? sort))}
      </tr></thead>
      <tbody>${repeat(found, key, (row) => line(view, row, columns, key, picked))}</tbody>
    </table></div>
    <div class="table-foot">
      <span>${told(found.length, rows.length, [one, many], more)}</span>
      ${more ? button({label: "Show more", run: more}) : nothing}
    </div>`;
}

function told(shown, loaded, names, more) {
  const all = more ? `the latest ${counted(loaded, ...names)}` : counted(loaded, ...names);
  if (shown !== loaded) return `${counted(shown, ...names)} of ${all}`;
  return `${all.charAt(0).toUpperCase()}${all.slice(1)}`;
}

function line(view, row, columns, key, picked) {
  return html`<tr>
    ${picked ? html`<td class="pick">${pick(view, key(row), picked, name(row, columns))}</td>` : nothing}
    ${columns.map((column) => cell(row, column))}
  </tr>`;
}

function cell(row, column) {
  const content = (column.cell ?? column.value)(row);
  const kind = [
    column.number && "number",
    column.main && "main",
    !column.value && "does",
    content === NONE && "none",
  ].filter(Boolean).join(" ");
  return column.main
    ? html`<th scope="row" class=${kind} data-title=${column.title}>${content}</th>`
    : html`<td class=${kind} data-title=${column.title}>${content}</td>`;
}

function header(view, column, sort) {
  const descending = sort === `-${column.name}`;
  const here = descending || sort === column.name;
  const next = sort === column.name ? `-${column.name}` : column.name;
  const order = here ? (descending ? "descending" : "ascending") : "none";
  const kind = column.number ? "number" : "";
  if (!column.value) {
    return html`<th scope="col" class=${kind}>
      <span class=${column.title ? "" : "unseen"}>${column.title || "Actions"}</span></th>`;
  }
  return html`<th scope="col" class=${kind} aria-sort=${order}>
    <button type="button" class="sort" @click=${() => view.ask({sort: next})}>${column.title}</button></th>`;
}

/** Rows in whose values every word of a text is found. */
export function searched(rows, columns, text) {
  const wanted = (text ?? "").toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return rows;
  const said = (row) => columns.map((column) => column.value?.(row) ?? "").join(" ").toLocaleLowerCase();
  return rows.filter((row) => wanted.every((part) => said(row).includes(part)));
}

const COLLATOR = new Intl.Collator(undefined, {numeric: true, sensitivity: "base"});

function sorted(rows, columns, sort) {
  const column = columns.find((each) => each.value && each.name === sort.replace(/^-/, ""));
  if (!column) return rows;
  const sign = sort.startsWith("-") ? -1 : 1;
  // What has no value is last in both orders.
  const compare = (a, b) => {
    if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
    if (b === null || b === undefined) return -1;
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * COLLATOR.compare(String(a), String(b));
  };
  return [...rows].sort((a, b) => compare(column.value(a), column.value(b)));
}

const name = (row, columns) => String(columns.find((column) => column.main)?.value(row) ?? "row");

function pick(view, id, picked, label) {
  const change = (event) => {
    if (event.target.checked) picked.add(id); else picked.delete(id);
    view.update();
  };
  return html`<input type="checkbox" aria-label=${`Select ${label}`}
    .checked=${picked.has(id)} @change=${change}>`;
}

function pickAll(view, rows, key, picked) {
  const every = rows.every((row) => picked.has(key(row)));
  const change = () => {
    rows.forEach((row) => every ? picked.delete(key(row)) : picked.add(key(row)));
    view.update();
  };
  return html`<input type="checkbox" aria-label="Select all shown" .checked=${every} @change=${change}>`;
}
