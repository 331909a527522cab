/** The pages and their addresses; web/pages.py knows the same ones. */

import {icons} from "./icons.js";

/** An id is what ours are made of, and nothing that would be another address of the API. */
const route = (path, name, more = {}) => ({
  match: new RegExp(`^${path.replace(/\{(\w+)\}/g, "(?<$1>[\\w-]+)")}$`),
  load: () => import(`./pages/${name}.js`),
  ...more,
});

export const ROUTES = [
  route("/", "overview"),
  route("/login", "login", {open: true}),
  route("/logs", "logs"),
  route("/logs/{id}", "log"),
  route("/jobs", "jobs"),
  route("/jobs/{id}", "job"),
  route("/letters", "letters", {admin: true}),
  route("/partners", "partners"),
];

export const MENU = [
  {path: "/", title: "Overview", icon: icons.overview},
  {path: "/logs", title: "Logs", icon: icons.logs},
  {path: "/jobs", title: "Jobs", icon: icons.jobs},
  {path: "/letters", title: "Dead letters", icon: icons.letters, admin: true},
  {path: "/partners", title: "Partners", icon: icons.partners},
];

/** The route of an address and its parameters; null: there is no such page. */
export function routeOf(path) {
  for (const found of ROUTES) {
    const match = found.match.exec(path);
    if (match) return {...found, params: {...match.groups}};
  }
  return null;
}
