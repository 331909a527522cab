/** A log and its map, as long as they are looked at: what is under way is asked for more often. */

import {get} from "../../api.js";

/** Seconds between two looks at a log: whose work goes on, and of which all is done. */
const [OFTEN, SELDOM] = [2, 10];
const DONE = new Set(["processed", "failed", "skipped"]);
const TASK_OVER = new Set(["completed", "failed", "dlq", "archived"]);

/** Stands for the task of a file that was at work already when it was brought. */
const AT_WORK = {status: "processing"};

/**
 * @returns {{live: Live, map: Live}} `live.data`: {log, task}. An own log that was just brought has no
 *   log yet, but the task that `?task=` of the address tells; or `?waits=`, that there is some.
 */
export function follow(view) {
  const {id} = view.params;
  const map = mapOf(view, id);
  const live = view.live(async (signal) => {
    const found = await look(view, id, signal).catch((error) => {
      // What does not exist does not come.
      live.every = error.status === 404 ? 0 : SELDOM;
      throw error;
    });
    live.every = isOver(found) ? SELDOM : OFTEN;
    if (found.log !== null) {
      document.title = `${found.log.fileName} · satlog`;
      map.draw(found.log);
    }
    return found;
  });
  return {live, map};
}

async function look(view, id, signal) {
  const {task: execution, waits} = view.query;
  if (execution) {
    const task = await get(`/api/tasks/${encodeURIComponent(execution)}`, {}, signal);
    if (task.status !== "completed") return {log: null, task};
    view.ask({task: ""});
  }
  try {
    const log = await get(`/api/logs/${id}`, {}, signal);
    if (waits) view.ask({waits: ""});
    return {log, task: null};
  } catch (error) {
    if (error.status === 404 && waits) return {log: null, task: AT_WORK};
    throw error;
  }
}

const isOver = ({log, task}) => log === null ? TASK_OVER.has(task.status) : DONE.has(log.status);

/** The map is large, and changes only with what it is drawn from. */
function mapOf(view, id) {
  let of = null;
  const load = async (signal) => of === null ? undefined : get(`/api/logs/${id}/map.geojson`, {}, signal);
  const map = view.live(load, {every: 0});
  map.draw = (log) => {
    const now = JSON.stringify([log.processedAt, log.records, log.jobId]);
    if (log.match === null || of === now) return;
    of = now;
    map.reload();
  };
  return map;
}
