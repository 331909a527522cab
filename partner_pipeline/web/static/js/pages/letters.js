/** Dead letters: tasks that were given up, to be replayed, archived or thrown away. */

import {html, nothing} from "../../vendor/lit-html.js";
import {all, listed} from "../api.js";
import {NONE, duration, time, whole} from "../format.js";
import {counted, empty, figure, head, once, problemBox} from "../parts.js";
import {archiveOf} from "./letters/archive.js";
import {lettersOf} from "./letters/list.js";

/** Rows at first, and more of them each time. */
const ROWS = 50;

export function open(view) {
  const loading = loader(view);
  const live = view.live(loading.load);
  live.more = () => {
    loading.wanted += ROWS;
    return live.reload();
  };
  const letters = lettersOf(view, live);
  view.draw(() => html`
    ${head(view, "Dead letters", {
      lead: "Tasks that were given up. Put right what made them fail, then replay them.",
      actions: live.loaded ? chooser(view, live, letters) : nothing,
    })}
    ${isAway(live) ? away(live) : once(live, (data) => content(view, live, data, letters), 8)}`);
}

/** Loads figures and rows together, so that they fit together. */
function loader(view) {
  let names = null;
  const loader = {wanted: ROWS, load};
  async function load(signal) {
    const queues = await all("/api/dlq", {}, signal);
    const queue = view.query.queue ?? queues[0].queue;
    const stats = queues.find((each) => each.queue === queue) ?? null;
    if (stats === null) return {queues, queue, stats};
    names ??= new Map((await all("/api/users", {kind: "CUSTOMER"}, signal)).map(({id, name}) => [id, name]));
    const found = isArchive(view)
      ? await listed("/api/tasks", {status: "archived", queue}, loader.wanted, signal)
      : await listed(`/api/dlq/${encodeURIComponent(queue)}/list`, {}, loader.wanted, signal);
    return {queues, queue, stats, names, ...found};
  }
  return loader;
}

const isArchive = (view) => view.query.tab === "archive";
const isAway = (live) => !live.loaded && live.error?.status === 503;

const away = (live) => problemBox(
  {message: `The queues or the store do not answer; what is in them stays there. ${live.error.message}`},
  () => live.reload(),
);

/** Usually there is one queue, and nothing to choose. */
function chooser(view, live, letters) {
  const {queues, queue} = live.data;
  if (queues.length < 2) return nothing;
  const change = (event) => {
    view.ask({queue: event.target.value});
    letters.clear();
    live.data = undefined;
    return live.reload();
  };
  const shown = ({queue: name, dead}) => `${name}${dead.messages ? ` (${whole(dead.messages)})` : ""}`;
  return html`<label class="filter queue"><span class="unseen">Queue</span>
    <select name="queue" @change=${change}>${queues.map((each) => html`
      <option value=${each.queue} ?selected=${each.queue === queue}>${shown(each)}</option>`)}
    </select></label>`;
}

function content(view, live, data, letters) {
  if (data.stats === null) {
    const other = data.queues[0].queue;
    return empty("There is no such queue.", html`Nothing is known of “${data.queue}”.
      Look at the <a href="/letters">dead letters of ${other}</a>.`);
  }
  return html`${figures(data.stats)}${tabs(view, data)}
    ${isArchive(view) ? archiveOf(view, live) : letters.draw()}`;
}

const figures = ({dead, waiting, archive}) => html`<div class="figures">
  ${figure({
    title: "Dead letters",
    value: whole(dead.messages),
    tone: dead.messages ? "bad" : "good",
    note: dead.messages ? "given up, to be looked at" : "all is well",
  })}
  ${figure({
    title: "The oldest",
    value: dead.oldestSeconds === null ? NONE : duration(dead.oldestSeconds),
    note: dead.oldest ? html`dead since ${time(dead.oldest)}` : "none",
  })}
  ${figure({
    title: "Waiting for work",
    value: whole(waiting.messages),
    note: waiting.delayed ? `${whole(waiting.delayed)} more later` : "none to be tried later",
  })}
  ${figure({
    title: "To be archived",
    value: whole(archive.messages),
    note: archive.messages ? "their time is over" : "none is too old",
  })}
</div>`;

function tabs(view, {queue, stats}) {
  const path = (name) => `/letters?${new URLSearchParams({queue, ...(name ? {tab: name} : {})})}`;
  const here = (name) => (view.query.tab ?? "") === name ? "page" : nothing;
  const tab = (name, title) => html`<li><a href=${path(name)} aria-current=${here(name)}>${title}</a></li>`;
  const dead = html`Dead letters<span class="unseen">: ${counted(stats.dead.messages, "letter")}</span>`;
  return html`<nav class="tabs" aria-label="Letters of ${queue}"><ul>
    ${tab("", dead)}${tab("archive", "Archive")}</ul></nav>`;
}
