/** Begins here: who is logged in, which page the address names, and the frame around it. */

import {html, nothing, render} from "../vendor/lit-html.js";
import {closeAll} from "./dialogs.js";
import {icons} from "./icons.js";
import {tellProblem} from "./notices.js";
import {button, loading, problemBox} from "./parts.js";
import {MENU, routeOf} from "./routes.js";
import {isAdmin, logout, proceed, user} from "./session.js";
import {View, entitle} from "./view.js";

const app = document.getElementById("app");
let shown = null;

/** What is drawn around each page; the page itself is drawn into <main>. */
function frame(route) {
  if (route?.open || user() === null) return html`<main id="main" tabindex="-1"></main>`;
  const entries = MENU.filter((each) => !each.admin || isAdmin());
  return html`
    <a class="skip" href="#main" @click=${skip}>Skip to content</a>
    <header class="top">
      <a class="brand" href="/"><img src="/static/icon.svg" alt="" width="28" height="28">satlog</a>
      <nav aria-label="Pages">
        <ul>${entries.map(entry)}</ul>
      </nav>
      <div class="who">
        <span><b>${user().name}</b><small>${ROLES[user().role]}</small></span>
        ${button({label: html`${icons.out}<span>Log out</span>`, kind: "quiet", run: leave})}
      </div>
    </header>
    <main id="main" tabindex="-1"></main>`;
}

const ROLES = {ADMIN: "Administrator", CUSTOMER: "Customer", PILOT: "Pilot"};

function entry({path, title, icon}) {
  const here = path === "/" ? location.pathname === "/" : location.pathname.startsWith(path);
  return html`<li>
    <a href=${path} aria-current=${here ? "page" : nothing}>${icon}<span>${title}</span></a></li>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

async function leave() {
  await logout();
  show("/login");
}

/** Shows the page of an address. */
async function show(address, {replace = false, back = false} = {}) {
  // As part of ours, a path that begins with // names no other site.
  if (!back) history[replace ? "replaceState" : "pushState"](null, "", location.origin + address);
  const route = routeOf(location.pathname);
  closeAll();
  shown?.close();
  shown = null;
  render(frame(route), app);
  const main = document.getElementById("main");
  const fresh = document.createElement("div");
  fresh.className = "page";
  main.replaceChildren(fresh);
  if (route === null || (route.admin && !isAdmin())) return nowhere(fresh);
  const view = new View(fresh, route.params, (to) => show(to), failed);
  shown = view;
  render(loading(8), fresh);
  try {
    const page = await route.load();
    if (shown !== view) return undefined;
    page.open(view);
  } catch (error) {
    render(problemBox(error, () => location.reload()), fresh);
  }
  return arrive(main, back);
}

/** Begins at the top, with the focus on the title, unless the page has put it elsewhere. */
function arrive(main, back) {
  requestAnimationFrame(() => {
    if (!back) window.scrollTo(0, 0);
    entitle(main, !main.contains(document.activeElement) || document.activeElement === main);
  });
}

function nowhere(element) {
  render(html`<div class="empty"><h1>There is no such page</h1>
    <p>Or it is not for you. Go to the <a href="/">overview</a>.</p></div>`, element);
  arrive(element.parentElement, false);
}

/** A session that has ended: log in, and come back to where one was. */
function failed(error) {
  if (error.status === 401 && location.pathname !== "/login") {
    show(`/login?next=${encodeURIComponent(location.pathname + location.search)}`, {replace: true});
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  if (link.origin !== location.origin || routeOf(link.pathname) === null) return;
  event.preventDefault();
  show(link.pathname + link.search);
});
window.addEventListener("popstate", () => show(location.href, {back: true}));
window.addEventListener("unhandledrejection", (event) => {
  if (event.reason?.name === "ApiError") {
    event.preventDefault();
    failed(event.reason);
    tellProblem(event.reason);
  }
});

async function begin() {
  const here = location.pathname + location.search;
  try {
    await proceed();
  } catch (error) {
    render(html`<main><div class="page">${problemBox(error, begin)}</div></main>`, app);
    return;
  }
  if (user() === null) {
    const login = here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`;
    await show(location.pathname === "/login" ? here : login, {replace: true});
    return;
  }
  await show(location.pathname === "/login" ? "/" : here, {replace: true});
}

begin();
