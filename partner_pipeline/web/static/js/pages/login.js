/** Logging in. */

import {html, nothing} from "../../vendor/lit-html.js";
import {alertOf, button} from "../parts.js";
import {login} from "../session.js";

export function open(view) {
  let problem = null;

  async function send(event) {
    event.preventDefault();
    const {username, password} = event.target.elements;
    const pressed = event.target.querySelector("[type=submit]");
    pressed.setAttribute("aria-busy", "true");
    try {
      await login(username.value, password.value);
      view.go(following(view.query.next));
    } catch (error) {
      problem = error;
      view.update();
      password.select();
    } finally {
      pressed.removeAttribute("aria-busy");
    }
  }

  view.draw(() => html`
    <div class="login"><form class="card" @submit=${send}>
      <p class="brand"><img src="/static/icon.svg" alt="" width="32" height="32">satlog</p>
      <h1>Log in</h1>
      ${view.query.next && !problem ? html`<p class="soft">Log in to go on where you were.</p>` : nothing}
      <div class="field"><label for="username">User name</label>
        <input id="username" name="username" autocomplete="username" autocapitalize="none"
          spellcheck="false" required></div>
      <div class="field"><label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required></div>
      ${alertOf(problem && {message: said(problem)})}
      ${button({label: "Log in", kind: "primary", submit: true})}
    </form></div>`);
}

const said = ({tag, message}) => tag === "wrong_credentials" ? "User name or password is wrong." : message;

/** Where to go then; never to another site. */
function following(next) {
  if (!next || !URL.canParse(next, location.origin)) return "/";
  const {origin, pathname, search} = new URL(next, location.origin);
  return origin === location.origin ? pathname + search : "/";
}
