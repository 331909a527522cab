/** GeoJSON on the ground: metres east and north of one point, as a map draws them. */

/** Metres of a degree of the mean meridian. */
const DEGREE = 111_195;
/** What lies further from the middle is of another place, or of a receiver that erred; m. */
const FAR = 100_000;
/** What is smaller is drawn as if it were so large; m. */
const SMALLEST = 60;

/**
 * @typedef Shape
 * @property {string} kind field, track or spray
 * @property {Float64Array[]} lines x, y, x, y, … in metres; of a polygon its rings
 */

/**
 * What can be drawn of GeoJSON features.
 * @returns {{shapes: Shape[], home: Box, reach: Box, odd: number, far: number, place: number[]} | null}
 *   null: nothing. `home`: what to show at first, `reach`: all of it; `odd` and `far`: positions that
 *   are none, and that are too far away; `place`: [longitude, latitude]
 */
export function ground(features) {
  const found = (features ?? []).flatMap((each) => shapesOf(each?.geometry, each?.properties?.kind));
  const usable = found.map((each) => ({...each, lines: each.lines.map((line) => line.filter(isPlace))}));
  const place = middle(usable);
  if (place === null) return null;
  const shapes = usable
    .map((each) => ({...each, lines: each.lines.flatMap((line) => near(line, place, each.closed))}))
    .filter(({lines}) => lines.length);
  return {
    shapes,
    place,
    reach: boxOf(shapes),
    home: roomy(boxOf(shapes.filter(({kind}) => kind !== "track")) ?? boxOf(shapes)),
    odd: positions(found) - positions(usable),
    far: positions(usable) - sum(shapes, ({lines}) => sum(lines, (line) => line.length / 2)),
  };
}

const sum = (items, of) => items.reduce((total, each) => total + of(each), 0);
const positions = (shapes) => sum(shapes, ({lines}) => sum(lines, (line) => line.length));
const list = (value) => Array.isArray(value) ? value : [];

const SHAPES = {
  Point: (found) => [{closed: false, lines: [[found]]}],
  MultiPoint: (found) => [{closed: false, lines: list(found).map((each) => [each])}],
  LineString: (found) => [{closed: false, lines: [list(found)]}],
  MultiLineString: (found) => list(found).map((line) => ({closed: false, lines: [list(line)]})),
  Polygon: (found) => [{closed: true, lines: list(found).map(list)}],
  MultiPolygon: (found) => list(found).flatMap(SHAPES.Polygon),
};

function shapesOf(geometry, kind) {
  if (geometry?.type === "GeometryCollection") {
    return list(geometry.geometries).flatMap((each) => shapesOf(each, kind));
  }
  const shapes = Object.hasOwn(SHAPES, geometry?.type) ? SHAPES[geometry.type](geometry.coordinates) : [];
  return shapes.map((each) => ({...each, kind: kind ?? (each.closed ? "field" : "track")}));
}

function isPlace(found) {
  return Array.isArray(found) && Number.isFinite(found[0]) && Number.isFinite(found[1])
    && Math.abs(found[0]) <= 180 && Math.abs(found[1]) <= 90;
}

/** Where most of what matters is: no single position far away moves it. */
function middle(shapes) {
  for (const kind of ["spray", "field", "track"]) {
    const found = shapes.filter((each) => each.kind === kind).flatMap(({lines}) => lines.flat());
    if (found.length) return [0, 1].map((axis) => median(found.map((each) => each[axis])));
  }
  return null;
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

/** A line in metres, in pieces where it leaves for far away; of a ring what is near. */
function near(line, [longitude, latitude], closed) {
  const across = DEGREE * Math.max(Math.cos(latitude * Math.PI / 180), 0.01);
  const pieces = [[]];
  for (const each of line) {
    // Over the antimeridian it is the shorter way, too.
    const x = ((each[0] - longitude + 540) % 360 - 180) * across;
    const y = (each[1] - latitude) * DEGREE;
    if (Math.hypot(x, y) <= FAR) pieces.at(-1).push(x, y);
    else if (!closed && pieces.at(-1).length) pieces.push([]);
  }
  return pieces.filter((piece) => piece.length).map((piece) => Float64Array.from(piece));
}

function boxOf(shapes) {
  const box = {west: Infinity, south: Infinity, east: -Infinity, north: -Infinity};
  for (const line of shapes.flatMap(({lines}) => lines)) {
    for (let at = 0; at < line.length; at += 2) {
      box.west = Math.min(box.west, line[at]);
      box.east = Math.max(box.east, line[at]);
      box.south = Math.min(box.south, line[at + 1]);
      box.north = Math.max(box.north, line[at + 1]);
    }
  }
  return box.west <= box.east ? box : null;
}

function roomy({west, south, east, north}) {
  const wider = Math.max(0, SMALLEST - (east - west)) / 2;
  const higher = Math.max(0, SMALLEST - (north - south)) / 2;
  return {west: west - wider, south: south - higher, east: east + wider, north: north + higher};
}

/** SVG's path of a shape, without positions that lie within `precision` metres of the one before. */
export function pathOf({lines, closed}, precision) {
  const square = precision * precision;
  const text = [];
  for (const line of lines) {
    let [x, y] = line;
    text.push(`M${short(x)} ${short(y)}`);
    for (let at = 2; at < line.length; at += 2) {
      const [dx, dy] = [line[at] - x, line[at + 1] - y];
      if (dx * dx + dy * dy < square && at + 2 < line.length) continue;
      [x, y] = [line[at], line[at + 1]];
      text.push(`L${short(x)} ${short(y)}`);
    }
    if (closed) text.push("Z");
    // A round cap makes a dot of it.
    else if (line.length === 2) text.push("h0");
  }
  return text.join("");
}

/** To a centimetre. */
const short = (metres) => Math.round(metres * 100) / 100;

/** Metres of a shape's lines. */
export function lengthOf({lines}) {
  return sum(lines, (line) => {
    let length = 0;
    for (let at = 2; at < line.length; at += 2) {
      length += Math.hypot(line[at] - line[at - 2], line[at + 1] - line[at - 1]);
    }
    return length;
  });
}

/** Hectares of a polygon without its holes. */
export function areaOf({lines}) {
  const [outside = 0, ...holes] = lines.map(ringArea);
  return (outside - sum(holes, (hole) => hole)) / 10_000;
}

function ringArea(line) {
  let twice = 0;
  for (let at = 0; at < line.length; at += 2) {
    const next = (at + 2) % line.length;
    twice += line[at] * line[next + 1] - line[next] * line[at + 1];
  }
  return Math.abs(twice) / 2;
}

/** The longest 1, 2 or 5 times a power of ten that is not over `most`. */
export function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].find((each) => each * power <= most) * power;
}
