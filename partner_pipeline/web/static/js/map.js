/** A map of fields, tracks and what was sprayed: drawn from GeoJSON, without tiles from anywhere. */

import {html, nothing, render, svg} from "../vendor/lit-html.js";
import {area, number, whole} from "./format.js";
import {areaOf, ground, lengthOf, pathOf, roundLength} from "./ground.js";
import {icons} from "./icons.js";
import {button, counted, empty} from "./parts.js";

/**
 * @param features of GeoJSON; `properties.kind` is field, track or spray
 * @param label what the map is of: "Map of 20250915_JOB789.log"
 * @param swathWidth metres on the ground that a sprayed line stands for, if that is known
 */
export const fieldMap = ({features, label, swathWidth = null}) =>
  html`<field-map .content=${{features, label, swathWidth}}></field-map>`;

/** GeoJSON features of a job's polygons. */
export const fieldsOf = (polygons) =>
  polygons.map((geometry) => ({type: "Feature", properties: {kind: "field"}, geometry}));

/** Pixels around what is shown at first. */
const MARGIN = 28;
/** Pixels of a metre at most, and how much smaller than at first. */
const [NEAREST, FURTHEST] = [20, 0.05];
const STEP = 1.5;
/** What is drawn first lies below. */
const KINDS = ["field", "track", "spray"];

class FieldMap extends HTMLElement {
  #content = {};
  #ground = null;
  #frame = null;
  #size = null;
  /** What is in the middle, and pixels of a metre; null: all of it, however large the map is. */
  #seen = null;
  #paths = {level: null};
  #drawing = false;
  #touched = null;
  #watch = new ResizeObserver(([{contentRect}]) => {
    this.#size = {width: contentRect.width, height: contentRect.height};
    this.#draw();
  });

  set content(content) {
    const same = content.features === this.#content.features;
    this.#content = content;
    if (!same) {
      const before = this.#ground?.place.join();
      this.#ground = ground(content.features);
      this.#paths = {level: null};
      // Loaded again, it stays where it was looked at.
      if (this.#ground?.place.join() !== before) this.#seen = null;
    }
    this.#draw();
  }

  connectedCallback() {
    this.#draw();
  }

  disconnectedCallback() {
    this.#watch.disconnect();
    this.#frame = null;
  }

  /** Once a frame at most: a hand moves faster than screens do. */
  #draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      if (!this.isConnected) return;
      render(this.#ground === null ? nothingToDraw : this.#template(), this);
      this.#measure(this.querySelector(".map-frame"));
    });
  }

  /** How large it is, now and whenever that changes. */
  #measure(frame) {
    if (frame === this.#frame) return;
    this.#frame = frame;
    this.#watch.disconnect();
    if (frame !== null) this.#watch.observe(frame);
  }

  #template() {
    const {label, swathWidth} = this.#content;
    return html`
      <div class="map-frame" role="group" tabindex="0" aria-label=${label}
        @keydown=${this.#key} @wheel=${this.#wheel} @pointerdown=${this.#grab}
        @touchstart=${this.#pinch} @touchmove=${this.#pinch} @touchend=${this.#release}>
        ${this.#size?.width ? this.#picture() : nothing}
        <div class="map-buttons">
          ${this.#button("Zoom in", icons.plus, () => this.#zoom(STEP))}
          ${this.#button("Zoom out", icons.minus, () => this.#zoom(1 / STEP))}
          ${this.#button("Fit", icons.whole, () => this.#home())}
        </div>
      </div>
      ${legend(this.#ground, swathWidth)}`;
  }

  #button = (title, icon, run) =>
    button({label: html`${icon}<span class="unseen">${title}</span>`, kind: "icon-only", run});

  #picture() {
    const {width, height} = this.#size;
    const {x, y, scale} = this.#view;
    const place = `translate(${width / 2} ${height / 2}) scale(${scale} ${-scale}) translate(${-x} ${-y})`;
    const {swathWidth} = this.#content;
    // A swath is as wide as on the ground, but never too thin to be seen.
    const spray = Math.max(swathWidth ?? 0, 2 / scale);
    return svg`<svg role="img" aria-label=${described(this.#ground, swathWidth)}
      viewBox="0 0 ${width} ${height}">
      <g transform=${place}>${this.#drawn(scale).map(({kind, path}) => svg`<path class=${kind} d=${path}
        stroke-width=${kind === "spray" ? spray : nothing}></path>`)}</g>
      ${scaleBar(scale, height)}${northArrow(width)}</svg>`;
  }

  /** Paths as precise as a pixel; the same ones until they are seen twice as large or small. */
  #drawn(scale) {
    const level = Math.ceil(Math.log2(scale));
    if (this.#paths.level !== level) {
      const shapes = KINDS.flatMap((kind) => this.#ground.shapes.filter((each) => each.kind === kind));
      const drawn = shapes.map((each) => ({kind: each.kind, path: pathOf(each, 0.7 / 2 ** level)}));
      this.#paths = {level, drawn};
    }
    return this.#paths.drawn;
  }

  get #view() {
    return this.#seen ?? this.#whole;
  }

  get #whole() {
    const {west, south, east, north} = this.#ground.home;
    const {width, height} = this.#size;
    const fitting = Math.min((width - 2 * MARGIN) / (east - west), (height - 2 * MARGIN) / (north - south));
    return {x: (west + east) / 2, y: (south + north) / 2, scale: Math.min(Math.max(fitting, 1e-4), NEAREST)};
  }

  #home() {
    this.#seen = null;
    this.#draw();
  }

  /** Zooms so that the place under a point of the map stays there. */
  #zoom(factor, point = {x: this.#size.width / 2, y: this.#size.height / 2}) {
    const {x, y, scale} = this.#view;
    const next = Math.min(Math.max(scale * factor, this.#whole.scale * FURTHEST), NEAREST);
    const [right, up] = [point.x - this.#size.width / 2, this.#size.height / 2 - point.y];
    this.#look(x + right / scale - right / next, y + up / scale - up / next, next);
  }

  #move(right, down) {
    const {x, y, scale} = this.#view;
    this.#look(x - right / scale, y + down / scale, scale);
  }

  /** Looks there, but never so far away that nothing of it is left. */
  #look(x, y, scale) {
    const {west, south, east, north} = this.#ground.reach;
    this.#seen = {x: Math.min(Math.max(x, west), east), y: Math.min(Math.max(y, south), north), scale};
    this.#draw();
  }

  #key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [across, down] = [this.#size.width / 6, this.#size.height / 6];
    const run = {
      "+": () => this.#zoom(STEP), "=": () => this.#zoom(STEP),
      "-": () => this.#zoom(1 / STEP), 0: () => this.#home(),
      ArrowLeft: () => this.#move(across, 0), ArrowRight: () => this.#move(-across, 0),
      ArrowUp: () => this.#move(0, down), ArrowDown: () => this.#move(0, -down),
    }[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  };

  /** Only with Ctrl, or once it has the focus: else the page could not be scrolled over it. */
  #wheel = (event) => {
    if (!event.ctrlKey && !event.currentTarget.contains(document.activeElement)) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1);
    this.#zoom(2 ** (-Math.max(-300, Math.min(pixels, 300)) / 250), this.#pointOf(event));
  };

  #grab = (event) => {
    if (event.pointerType === "touch" || event.button !== 0 || event.target.closest("button")) return;
    const frame = event.currentTarget;
    const move = ({movementX, movementY}) => this.#move(movementX, movementY);
    frame.setPointerCapture(event.pointerId);
    frame.addEventListener("pointermove", move);
    const release = () => frame.removeEventListener("pointermove", move);
    frame.addEventListener("lostpointercapture", release, {once: true});
  };

  /** Two fingers move and zoom; one scrolls the page. */
  #pinch = {
    passive: false,
    handleEvent: (event) => {
      if (event.touches.length !== 2) return;
      event.preventDefault();
      const [a, b] = [...event.touches].map((each) => this.#pointOf(each));
      const apart = Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1);
      const now = {x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart};
      if (this.#touched) {
        this.#move(now.x - this.#touched.x, now.y - this.#touched.y);
        this.#zoom(now.apart / this.#touched.apart, now);
      }
      this.#touched = now;
    },
  };

  #release = () => { this.#touched = null; };

  #pointOf({clientX, clientY}) {
    const {left, top} = this.querySelector("svg").getBoundingClientRect();
    return {x: clientX - left, y: clientY - top};
  }
}

customElements.define("field-map", FieldMap);

const nothingToDraw = empty("There is nothing to draw", "No place on earth is told.");

function scaleBar(scale, height) {
  const metres = roundLength(120 / scale);
  const width = metres * scale;
  const text = metres >= 1000 ? `${whole(metres / 1000)} km` : `${number(metres, metres < 1 ? 1 : 0)} m`;
  return svg`<g class="scale" transform="translate(14 ${height - 14})">
    <path d="M0 -7V0H${width}V-7"></path><text x=${width / 2} y="-8" text-anchor="middle">${text}</text></g>`;
}

const northArrow = (width) => svg`<g class="north" transform="translate(${width - 26} 16)">
  <path d="M0 0 6 16 0 12 -6 16Z"></path><text y="29" text-anchor="middle">N</text></g>`;

const TITLES = {field: "Field", track: "Flown", spray: "Sprayed"};

/** What colours and lines mean; and what is not drawn. */
function legend(found, swathWidth) {
  const kinds = KINDS.map((kind) => ({kind, shapes: found.shapes.filter((each) => each.kind === kind)}));
  return html`<div class="map-legend">
    <ul>${kinds.filter(({shapes}) => shapes.length).map(({kind, shapes}) => html`<li>
      <svg viewBox="0 0 24 12" aria-hidden="true">
        <path class=${kind} d=${kind === "field" ? "M2 2H22V10H2Z" : "M1 6H23"}></path></svg>
      ${TITLES[kind]}${note(kind, shapes, swathWidth)}</li>`)}</ul>
    <small class="mouse">Drag to move it, Ctrl and wheel to zoom; by keyboard + − 0 and arrows.</small>
    <small class="touch">Two fingers move it and zoom.</small>
    ${found.odd + found.far
      ? html`<p class="banner">${icons.warning}<span>${notDrawn(found)}</span></p>` : nothing}
  </div>`;
}

function note(kind, shapes, swathWidth) {
  if (kind === "field") return `, ${area(total(shapes, areaOf))}`;
  if (kind === "spray" && swathWidth) return `, ${wide(swathWidth)}`;
  return nothing;
}

/** "20 m wide", "18.3 m wide". */
export const wide = (swathWidth) => `${number(swathWidth, Math.round(swathWidth * 10) % 10 ? 1 : 0)} m wide`;

const total = (shapes, of) => shapes.reduce((sum, each) => sum + of(each), 0);

function notDrawn({odd, far}) {
  const are = (count) => count === 1 ? "is" : "are";
  return [
    far ? `${counted(far, "position")} more than 100 km away ${are(far)} left out.` : "",
    odd ? `${counted(odd, "position")} that ${are(odd)} no place on earth ${are(odd)} left out.` : "",
  ].filter(Boolean).join(" ");
}

/** The map in words. */
function described(found, swathWidth) {
  const [fields, tracks, sprayed] = KINDS.map((kind) => found.shapes.filter((each) => each.kind === kind));
  const km = (shapes) => `${number(total(shapes, lengthOf) / 1000, 1)} km`;
  const {west, south, east, north} = found.home;
  const each = swathWidth ? `, each ${wide(swathWidth)}` : "";
  const told = [
    fields.length ? `${counted(fields.length, "field")} of ${area(total(fields, areaOf))}` : "",
    tracks.length ? `the track of ${km(tracks)}` : "",
    sprayed.length ? `${counted(sprayed.length, "sprayed line")} of ${km(sprayed)}${each}` : "",
  ].filter(Boolean);
  const [longitude, latitude] = found.place;
  const size = `${whole(east - west)} m from west to east and ${whole(north - south)} m from south to north`;
  const place = `${degrees(latitude, "north", "south")}, ${degrees(longitude, "east", "west")}`;
  return `${told.join("; ")}. ${size}, at ${place}.`;
}

const degrees = (value, above, below) => `${number(Math.abs(value), 4)}° ${value < 0 ? below : above}`;
