/** What a page is given: where it is drawn, its address, and data that live as long as it does. */

import {render} from "../vendor/lit-html.js";
import {listed} from "./api.js";
import {Live} from "./live.js";

/** Seconds between two looks at what changes by itself. */
const EVERY = 10;
/** Rows of a list at first, and more of them each time. */
const ROWS = 50;

export class View {
  #element;
  #template = null;
  #waiting = false;
  #lives = [];
  #closed = false;

  /**
   * @param element where it is drawn
   * @param params of the address: {id} of /logs/{id}
   * @param go goes to another address
   * @param failed is told of what could not be loaded: whether it was dealt with
   */
  constructor(element, params, go, failed) {
    this.#element = element;
    this.params = params;
    this.go = go;
    this.failed = failed;
  }

  /** The query of the address: what is filtered and sorted by, so that a link tells it too. */
  get query() {
    return Object.fromEntries(new URLSearchParams(location.search));
  }

  /** Changes parts of the query; an empty value takes one away. */
  ask(changed) {
    const kept = Object.entries({...this.query, ...changed}).filter(([, value]) => value);
    const text = new URLSearchParams(kept).toString();
    history.replaceState(history.state, "", text ? `?${text}` : location.pathname);
    this.update();
  }

  /** @param template gives what is to be seen now; called anew whenever something changes */
  draw(template) {
    this.#template = template;
    this.update();
  }

  update() {
    if (this.#waiting || this.#closed) return;
    this.#waiting = true;
    queueMicrotask(() => {
      this.#waiting = false;
      if (!this.#closed && this.#template !== null) this.#drawn();
    });
  }

  #drawn() {
    const before = this.#element.querySelector("h1");
    const read = before !== null && before === document.activeElement;
    render(this.#template(), this.#element);
    entitle(this.#element, read);
  }

  /** Data of this page; see Live. */
  live(load, {every = EVERY} = {}) {
    const live = new Live(load, (changed) => {
      if (changed.error !== null) this.failed(changed.error);
      this.update();
    }, every);
    this.#lives.push(live);
    return live;
  }

  /** A list of the API; `query` gives its filters now. `more()` has it show more of them. */
  list(path, query = () => ({}), options = {}) {
    let wanted = ROWS;
    const live = this.live((signal) => listed(path, query(), wanted, signal), options);
    live.more = () => {
      wanted += ROWS;
      return live.reload();
    };
    return live;
  }

  get lives() {
    return this.#lives;
  }

  /** Loads everything again. */
  reload() {
    return Promise.all(this.#lives.map((live) => live.reload()));
  }

  close() {
    this.#closed = true;
    this.#lives.forEach((live) => live.close());
  }
}

/** Names the window after its page; with the focus on the title, a screen reader says it too. */
export function entitle(element, focused) {
  const title = element.querySelector("h1");
  document.title = title ? `${title.textContent.trim()} · satlog` : "satlog";
  if (!focused || title === null) return;
  title.tabIndex = -1;
  title.focus({preventScroll: true});
}
