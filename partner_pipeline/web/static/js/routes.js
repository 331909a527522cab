/** The pages and their addresses; web/pages.py knows the same ones. */

import {icons} from "./icons.js";

const route = (path, name, more = {}) => ({
  match: new RegExp(`^${path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
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
    if (match) {
      const params = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decoded(value)]);
      return {...found, params: Object.fromEntries(params)};
    }
  }
  return null;
}

/** What is no text in the end is taken as it stands: there will be no such page. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
