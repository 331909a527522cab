/** A log and its map, as long as they are looked at: what is under way is asked for more often. */

import {get} from "../../api.js";

/** Seconds between two looks at a log: whose work goes on, and of which all is done. */
const [OFTEN, SELDOM] = [2, 10];
const DONE = new Set(["processed", "failed", "skipped"]);
const TASK_OVER = new Set(["completed", "failed", "dlq", "archived"]);

/**
 * @returns {{live: Live, map: object}} `live.data`: {log, task}. An own log that was just brought has
 *   no log yet, but the task that `?task=` of the address tells.
 */
export function follow(view) {
  const {id} = view.params;
  const map = {features: null, error: null, of: null, load: async () => {
    Object.assign(map, {error: null});
    try {
      map.features = (await get(`/api/logs/${id}/map.geojson`)).features;
    } catch (error) {
      map.error = error;
    }
    view.update();
  }};
  const live = view.live(async (signal) => {
    const found = await look(view, id, signal).catch((error) => {
      // What does not exist does not come.
      live.every = error.status === 404 ? 0 : SELDOM;
      throw error;
    });
    live.every = isOver(found) ? SELDOM : OFTEN;
    if (found.log !== null) {
      document.title = `${found.log.fileName} · satlog`;
      draw(map, found.log);
    }
    return found;
  });
  return {live, map};
}

async function look(view, id, signal) {
  const execution = view.query.task;
  if (execution) {
    const task = await get(`/api/tasks/${execution}`, {}, signal);
    if (task.status !== "completed") return {log: null, task};
    view.ask({task: ""});
  }
  return {log: await get(`/api/logs/${id}`, {}, signal), task: null};
}

const isOver = ({log, task}) => log === null ? TASK_OVER.has(task.status) : DONE.has(log.status);

/** The map is large, and changes only with what it is drawn from. */
function draw(map, log) {
  const of = JSON.stringify([log.processedAt, log.records, log.jobId]);
  if (log.match === null || map.of === of) return;
  map.of = of;
  map.load();
}
