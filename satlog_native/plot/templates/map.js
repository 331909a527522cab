"use strict";
(() => {
  const map = document.getElementById("map");
  const stage = document.getElementById("stage");
  const info = document.getElementById("info");
  const all = map.viewBox.baseVal;
  const home = { x: all.x, y: all.y, w: all.width, h: all.height };
  let view = { ...home };

  // Metres that one pixel shows: the map is drawn whole, so the tighter side decides.
  const pixel = () => Math.max(view.w / map.clientWidth, view.h / map.clientHeight);

  const units = map.dataset.units === "us" ? [["ft", 0.3048], ["mi", 1609.344]] : [["m", 1], ["km", 1000]];

  function drawScale() {
    const longest = 140 * pixel();
    const [name, size] = longest >= units[1][1] ? units[1] : units[0];
    const power = 10 ** Math.floor(Math.log10(longest / size));
    const count = [5, 2, 1].find((step) => step * power * size <= longest) * power;
    const label = count.toLocaleString("en", { maximumFractionDigits: 6 });
    document.querySelector("#scale span").textContent = `${label} ${name}`;
    document.querySelector("#scale div").style.width = `${(count * size) / pixel()}px`;
  }

  function draw() {
    map.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
    const size = pixel();
    for (const hatch of document.querySelectorAll("#map .hatch")) {
      hatch.setAttribute("patternTransform", `scale(${size})`);
    }
    document.getElementById("numbers").style.fontSize = `${11 * size}px`;
    drawScale();
  }

  // Where in the map (m) a point of the window is.
  function place(x, y) {
    const at = new DOMPoint(x, y).matrixTransform(map.getScreenCTM().inverse());
    return { x: at.x, y: at.y };
  }

  function zoom(factor, x, y) {
    const width = Math.min(Math.max(view.w * factor, home.w / 500), home.w * 200);
    const scale = width / view.w;
    view = { x: x - (x - view.x) * scale, y: y - (y - view.y) * scale, w: width, h: view.h * scale };
    draw();
  }

  function pan(dx, dy) {
    view = { ...view, x: view.x + dx, y: view.y + dy };
    draw();
  }

  const zoomMiddle = (factor) => zoom(factor, view.x + view.w / 2, view.y + view.h / 2);
  const showAll = () => { view = { ...home }; draw(); };
  const actions = { in: () => zoomMiddle(1 / 1.5), out: () => zoomMiddle(1.5), all: showAll };

  document.getElementById("zoom").addEventListener("click", (event) => actions[event.target.dataset.zoom]?.());
  map.addEventListener("dblclick", showAll);
  map.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = place(event.clientX, event.clientY);
    zoom(Math.exp(Math.sign(event.deltaY) * 0.2), at.x, at.y);
  }, { passive: false });

  map.addEventListener("keydown", (event) => {
    const step = 0.1 * Math.min(view.w, view.h);
    const keys = {
      "+": actions.in, "-": actions.out, "0": showAll,
      ArrowLeft: () => pan(-step, 0), ArrowRight: () => pan(step, 0),
      ArrowUp: () => pan(0, -step), ArrowDown: () => pan(0, step),
    };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });

  // One pointer drags the map, two zoom it.
  const pointers = new Map();
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  map.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    map.setPointerCapture(event.pointerId);
  });
  map.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    const now = { x: event.clientX, y: event.clientY };
    if (before && pointers.size === 1) {
      pan((before.x - now.x) * pixel(), (before.y - now.y) * pixel());
      pointers.set(event.pointerId, now);
    } else if (before && pointers.size === 2) {
      const apart = spread();
      pointers.set(event.pointerId, now);
      const [a, b] = [...pointers.values()];
      const at = place((a.x + b.x) / 2, (a.y + b.y) / 2);
      if (spread() > 0) zoom(apart / spread(), at.x, at.y);
    }
  });
  const release = (event) => pointers.delete(event.pointerId);
  map.addEventListener("pointerup", release);
  map.addEventListener("pointercancel", release);

  map.addEventListener("pointerover", (event) => {
    const pass = event.target.closest(".pass");
    info.hidden = !pass;
    if (pass) info.textContent = pass.dataset.info;
  });

  for (const box of document.querySelectorAll("[data-layer]")) {
    const layer = document.getElementById(box.dataset.layer);
    const show = () => layer.classList.toggle("off", !box.checked);
    box.addEventListener("change", show);
    show();
  }

  new ResizeObserver(draw).observe(stage);
  draw();
})();
