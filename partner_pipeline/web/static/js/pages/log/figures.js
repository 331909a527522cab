/** A log's figures under the names and units that satlog gives them (`satlog stats`, `satlog passes`). */

import {NONE, area, clock, duration, number, time, whole, withUnit} from "../../format.js";
import {html} from "../../../vendor/lit-html.js";
import {facts} from "../../parts.js";

const metres = withUnit("m", 1);
const speed = withUnit("m/s", 1);
const percent = withUnit("%", 1);

/** Where the wind comes from, where an aircraft heads. */
const POINTS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
function direction(degrees) {
  if (!known(degrees)) return NONE;
  return `${whole(Math.round(degrees) % 360)}° ${POINTS[Math.round(degrees / 45) & 7]}`;
}

const way = (length) =>
  known(length) && length >= 1000 ? `${number(length / 1000, 1)} km` : withUnit("m", 0)(length);
const known = (value) => value !== null && value !== undefined;

/** Seconds of work, to the second: "3 min 25 s". */
export function lasted(seconds) {
  if (!known(seconds) || seconds < 60 || seconds >= 3600) return duration(seconds);
  const whole = Math.round(seconds);
  return `${duration(whole)}${whole % 60 ? ` ${whole % 60} s` : ""}`;
}

/** Of dry material, kilograms stand for litres. */
export const unitsOf = (log) => log.meta?.matType === "dry" || log.statistics?.material === "dry"
  ? {volume: withUnit("kg", 1), rate: withUnit("kg/ha", 1)}
  : {volume: withUnit("L", 1), rate: withUnit("L/ha", 1)};

/** How far a rate is from what it should be: "2.4 % under 30.0 L/ha". */
export function offTarget(applied, target, rate) {
  if (!known(applied) || !target) return known(target) ? `of ${rate(target)} wanted` : "";
  const share = (applied - target) / target * 100;
  if (Math.abs(share) < 0.05) return `as wanted: ${rate(target)}`;
  return `${number(Math.abs(share), 1)} % ${share < 0 ? "under" : "over"} ${rate(target)}`;
}

/** All statistics, in groups. */
export function statistics(log) {
  const found = log.statistics;
  const groups = groupsOf(found, unitsOf(log))
    .map(([title, pairs]) => [title, pairs.filter(([, value]) => value !== NONE && value !== "")])
    .filter(([, pairs]) => pairs.length);
  return html`<div class="groups">${groups.map(([title, pairs]) => html`
    <section><h3>${title}</h3>${facts(pairs)}</section>`)}</div>`;
}

const groupsOf = (found, {volume, rate}) => [
  ["Ground", [
    ["Sprayed ground", area(found.netArea)],
    ["Sum of all passes", area(found.grossArea)],
    ["Sprayed twice", area(found.overlapArea)],
    ["Field not sprayed", area(found.skipArea)],
    ["Sprayed outside the field", area(found.offTargetArea)],
    ["Part of the field sprayed", percent(found.coverage)],
    ["Swath width", metres(found.swathWidth)],
  ]],
  ["Material", [
    ["Applied", volume(found.volume)],
    ["Rate", rate(found.appliedRate)],
    ["Target rate", rate(found.targetRate)],
    ["Variation of the rate", percent(found.rateCv)],
    ["Kind", found.material ?? NONE],
  ]],
  ["Time and distance", [
    ["Start", time(found.startTime)],
    ["End", time(found.endTime)],
    ["Flown", lasted(found.flightTime)],
    ["Spraying", lasted(found.sprayTime)],
    ["Turning", lasted(found.turnTime)],
    ["Ferrying", lasted(found.ferryTime)],
    ["Distance flown", way(found.distance)],
    ["Distance sprayed", way(found.sprayedDistance)],
    ["Speed while spraying", speed(found.meanSpeed)],
    ["Area per hour", withUnit("ha/h", 1)(found.productivity)],
  ]],
  ["Weather while spraying", [
    ["Wind", wind(found)],
    ["Strongest wind", speed(found.maxWindSpeed)],
    ["Wind over the limit for", aboveLimit(found)],
    ["Temperature", range(found.minAirTemperature, found.maxAirTemperature, "°C", 1)],
    ["Relative humidity", range(found.minRelativeHumidity, found.maxRelativeHumidity, "%", 0)],
  ]],
  ["As the log says", [
    ["Aircraft", found.aircraft ?? NONE],
    ["Pilot", found.pilot ?? NONE],
    ["Rate controller", found.controller ?? NONE],
    ["Job label", found.jobLabel ?? NONE],
    ["Job number", known(found.jobId) ? String(found.jobId) : NONE],
  ]],
];

const wind = ({windSpeed, windDirection}) =>
  known(windSpeed) ? `${speed(windSpeed)} from ${direction(windDirection)}` : NONE;

const aboveLimit = ({windAboveLimit: minutes}) =>
  minutes === 0 ? "at no time" : withUnit("min", 1)(minutes);

function range(least, most, unit, after) {
  if (!known(least) || !known(most)) return NONE;
  const [from, to] = [number(least, after), number(most, after)];
  return from === to ? `${from} ${unit}` : `${from} to ${to} ${unit}`;
}

/**
 * Columns of the passes; [name, title, unit, shown as, whether it is always shown].
 * Units stand in the heads, as all cells of a column share them.
 */
const PASSES = (material) => [
  ["pass", "Pass", "", whole, true],
  ["swathNumber", "Swath", "", whole, true],
  ["startTime", "Start", "", atClock, true],
  ["duration", "Duration", "s", tenths, true],
  ["sprayOffTime", "Spray off", "s", tenths, false],
  ["length", "Length", "m", whole, true],
  ["area", "Area", "ha", hundredths, true],
  ["swathWidth", "Swath width", "m", tenths, false],
  ["volume", "Applied", material, tenths, true],
  ["appliedRate", "Rate", `${material}/ha`, tenths, true],
  ["targetRate", "Target rate", `${material}/ha`, tenths, false],
  ["rateError", "Off target", "%", signed, true],
  ["meanGroundSpeed", "Speed", "m/s", tenths, true],
  ["minGroundSpeed", "Slowest", "m/s", tenths, false],
  ["maxGroundSpeed", "Fastest", "m/s", tenths, false],
  ["heading", "Heading", "", direction, true],
  ["crossTrackRms", "Off line (RMS)", "m", hundredths, true],
  ["meanHeight", "Height", "m", tenths, true],
  ["meanAltitude", "Altitude", "m", tenths, false],
  ["meanWindSpeed", "Wind", "m/s", tenths, false],
  ["meanWindDirection", "Wind from", "", direction, false],
  ["headwind", "Headwind", "m/s", signed, false],
  ["crosswind", "Wind from the right", "m/s", signed, false],
];

function atClock(iso) {
  return iso ? html`<time datetime=${iso}>${clock(new Date(iso))}</time>` : NONE;
}

function tenths(value) { return number(value, 1); }
function hundredths(value) { return number(value, 2); }
function signed(value) { return value > 0 ? `+${number(value, 1)}` : number(value, 1); }

/** Columns of a table of passes; `every`: also those that few people ask for. */
export function passColumns(log, every) {
  const material = log.statistics?.material === "dry" ? "kg" : "L";
  return PASSES(material).filter(([, , , , always]) => every || always).map(([name, title, unit, shown]) => ({
    name,
    title: unit ? `${title} (${unit})` : title,
    value: (row) => row[name],
    cell: (row) => shown(row[name]),
    number: name !== "pass" && name !== "startTime",
    main: name === "pass",
  }));
}
