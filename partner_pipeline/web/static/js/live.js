/** Data that refresh themselves: what was last loaded, when, and what went wrong since. */

/** After so many intervals without an answer, what is shown is called stale. */
const STALE_AFTER = 2.5;
/** An answer that does not come within this time is not waited for; ms. */
const PATIENCE = 30_000;

export class Live {
  #load;
  #changed;
  #timer = null;
  #running = null;
  #closed = new AbortController();

  /**
   * @param load gets an AbortSignal, gives a promise of the data
   * @param changed is called whenever there is something new to draw
   * @param every seconds between two loads; 0: only when asked to
   */
  constructor(load, changed, every) {
    this.#load = load;
    this.#changed = changed;
    this.every = every;
    this.data = undefined;
    this.error = null;
    this.at = null;
    document.addEventListener("visibilitychange", this.#seen, {signal: this.#closed.signal});
    window.addEventListener("online", this.#seen, {signal: this.#closed.signal});
    this.reload();
  }

  get loaded() {
    return this.data !== undefined;
  }

  get busy() {
    return this.#running !== null;
  }

  /** Whether what is shown may have changed long ago. */
  get stale() {
    const old = this.every > 0 && Date.now() - this.at > this.every * STALE_AFTER * 1000;
    return this.loaded && (this.error !== null || old);
  }

  /** Loads now; what is on its way is not waited for. */
  async reload() {
    this.#rest();
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    const signal = AbortSignal.any([running.signal, this.#closed.signal, AbortSignal.timeout(PATIENCE)]);
    try {
      const data = await this.#load(signal);
      if (this.#running !== running) return;
      Object.assign(this, {data, error: null, at: Date.now()});
    } catch (error) {
      if (this.#running !== running) return;
      this.error = signal.aborted ? new Error("The server takes too long to answer.") : error;
    }
    this.#running = null;
    this.#changed(this);
    this.#wait();
  }

  close() {
    this.#running?.abort();
    this.#running = null;
    this.#closed.abort();
    this.#rest();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait() {
    if (this.every > 0 && !this.#closed.signal.aborted) {
      this.#timer = setTimeout(() => this.#again(), this.every * 1000);
    }
  }

  /** A page that nobody sees asks for nothing. */
  #again() {
    this.#timer = null;
    if (document.visibilityState === "visible") this.reload();
  }

  #seen = () => {
    // By the clock alone it would not be, where that was set back.
    const isDue = this.#timer === null || Date.now() - (this.at ?? 0) > this.every * 1000;
    const wanted = this.error !== null || (this.every > 0 && isDue);
    if (document.visibilityState === "visible" && !this.busy && wanted) this.reload();
  };
}
