// The cost bench: eight numbers in, a picture to scale and three costs out. See cost_bench.py.

const SIZES = ["h", "w", "k", "p", "s", "c_i", "c_o", "groups"];
// Where a slider ends; a larger number can be typed, and then the slider grows.
const ENDS = {
  h: [1, 64], w: [1, 64], k: [1, 11], p: [0, 6], s: [1, 6], c_i: [1, 64], c_o: [1, 64], groups: [1, 64],
};
const PRESETS = ["dense", "pointwise", "depthwise", "strided"];
const COSTS = ["parameters", "multiplications", "memory"];
const MOST_LINES = 64, MOST_DOTS = 48;
const my = (name) => `mc-cost_bench-${name}`;

function render({ model, el }) {
  const stage = openStage(model, el, "cost_bench");
  const { words } = stage;
  const asking = oneAtATime(stage);
  const sizes = makeSizes(stage, model.get("asked").layer, (layer) => asking({ layer }));
  const picture = makePicture(stage);
  const costs = makeCosts(words);

  const presets = PRESETS.map((name) => makeButton(words[name], () => {
    const layer = { ...sizes.chosen(), ...model.get("told").presets[name] };
    sizes.show(layer);
    asking({ layer });
  }));
  const pin = makeButton(words.pin, () => asking({ pin: model.get("told").layer }));
  const unpin = makeButton(words.unpin, () => { asking({ pin: null }); pin.focus(); });
  const pinned = make("span", { class: "mc-quiet" });

  stage.root.append(
    make("div", { class: my("desk") },
      sizes.element,
      stage.frame.querySelector(".mc-problem"), // beside the numbers that it is about
      make("div", { class: "mc-bar", role: "group", "aria-label": words.presets },
        make("span", { class: `mc-quiet ${my("wide")}` }, words.presets), presets),
      make("div", { class: "mc-bar" }, pin, unpin, pinned)),
    picture.element, costs.element,
  );

  function show(told) {
    const wrong = Boolean(told.problem);
    picture.element.classList.toggle(my("stale"), wrong);
    costs.element.classList.toggle(my("stale"), wrong);
    pin.disabled = wrong;
    if (wrong) return;
    picture.show(told);
    costs.show(told);
    unpin.hidden = !told.pin;
    pinned.textContent = told.pinned ? fill(words.pinned, { layer: told.pinned }) : "";
    if (told.n) stage.say(told.summary);
  }
  stage.onTold((told) => { show(told); });
  show(model.get("told"));
  return stage.end;
}

/** The eight numbers, each as a slider and a field; `changed` hears all of them. */
function makeSizes(stage, start, changed) {
  const { words } = stage;
  const layer = { ...start };
  const rows = Object.fromEntries(SIZES.map((symbol) => [symbol, makeSize(symbol)]));

  function makeSize(symbol) {
    const [low, high] = ENDS[symbol];
    const named = { symbol, meaning: words[symbol] };
    const slider = make("input", {
      type: "range", min: low, max: high, "aria-label": fill(words.slider, named),
    });
    const field = make("input", {
      class: "mc-input", type: "text", inputmode: "numeric", autocomplete: "off",
      "aria-label": fill(words.field, named),
    });
    const element = make("div", { class: my("one"), "data-size": symbol },
      make("span", { class: my("symbol"), "aria-hidden": "true" }, make("b", {}, symbol),
        make("span", { class: "mc-quiet" }, words[symbol])),
      slider, field);
    const showOne = (value) => {
      slider.max = Math.max(high, value);
      slider.value = value;
      if (parsed(field.value) !== value) field.value = value;
    };
    const change = (value) => {
      showOne(value);
      if (value === layer[symbol]) return;
      layer[symbol] = value;
      changed({ ...layer });
    };
    slider.addEventListener("input", () => change(Number(slider.value)));
    const typed = () => {
      const value = parsed(field.value);
      element.classList.toggle(my("wrong"), value === null);
      if (value === null) stage.complain(fill(words.no_number, { text: field.value }));
      else change(value);
    };
    field.addEventListener("change", typed);
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") typed(); // JupyterLab keeps Enter from causing a change
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      field.value = Math.max(low, (parsed(field.value) ?? layer[symbol]) + step);
      typed();
    });
    return { element, show: showOne };
  }

  function show(next) {
    Object.assign(layer, next);
    SIZES.forEach((symbol) => {
      rows[symbol].show(layer[symbol]);
      rows[symbol].element.classList.remove(my("wrong"));
    });
  }
  show(layer);
  const element = make("fieldset", { class: my("sizes") },
    make("legend", { class: "mc-unseen" }, words.sizes), SIZES.map((symbol) => rows[symbol].element));
  return { element, show, chosen: () => layer };
}

/** X, K and Y, with a window that the pointer and the arrow keys move. */
function makePicture(stage) {
  const { words } = stage;
  const maps = {
    x: makeMap("X", "x", words.x_picture, my("drawing")),
    y: makeMap("Y", "y", words.y_picture, `${my("drawing")} ${my("y-map")}`),
    k: makeMap("K", "k", words.k_picture, my("bank")),
  };
  const scene = make("div", { class: my("scene") }, maps.x.figure,
    make("div", { class: my("right") }, maps.y.figure, maps.k.figure));
  const notes = make("p", { class: my("notes") });
  const here = make("p", { class: `mc-quiet ${my("at")}` });
  const element = make("div", { class: my("picture") }, scene, notes, makeLegend(words), here);
  maps.k.figure.append(make("div", { class: "mc-quiet" }, words.a_kernel));
  maps.y.svg.setAttribute("tabindex", 0);
  maps.y.svg.setAttribute("role", "application");
  let told = null, at = [0, 0];

  function show(next) {
    told = next;
    const { layer, h_o, w_o } = told;
    const [tall, wide] = [layer.h + 2 * layer.p, layer.w + 2 * layer.p];
    scene.style.setProperty("--across", wide + w_o);
    scene.style.setProperty("--across-x", wide);
    scene.style.setProperty("--down", Math.max(tall, h_o));
    fit(maps.x, told.shapes.x, tall, wide, drawX(told, tall, wide));
    fit(maps.y, told.shapes.y, h_o, w_o, [rect(0, 0, w_o, h_o, my("y")), gridLines(0, 0, h_o, w_o)]);
    fit(maps.k, told.shapes.k, layer.c_o, layer.c_i, drawK(told));
    notes.textContent = told.notes.join(" ");
    move(Math.min(at[0], h_o - 1), Math.min(at[1], w_o - 1));
  }

  function move(i, j, aloud = false) {
    if (!told || i < 0 || j < 0 || i >= told.h_o || j >= told.w_o) return;
    at = [i, j];
    const { k } = told.layer;
    const [top, left] = [told.row_starts[i], told.column_starts[j]];
    frame(maps.x, left, top, k);
    frame(maps.y, j, i, 1);
    const sentence = fill(words.window, { i, j, top, bottom: top + k - 1, left, right: left + k - 1 });
    here.textContent = `${sentence} ${words.point}`;
    if (aloud) stage.say(sentence);
  }

  const follow = (event) => {
    const box = maps.y.svg.getBoundingClientRect();
    const place = (at, length, count) => Math.min(count - 1, Math.max(0, Math.floor((at / length) * count)));
    const i = place(event.clientY - box.top, box.height, told.h_o);
    move(i, place(event.clientX - box.left, box.width, told.w_o));
  };
  maps.y.svg.addEventListener("pointermove", follow);
  maps.y.svg.addEventListener("pointerdown", follow);
  maps.y.svg.addEventListener("keydown", (event) => {
    const step = stepOf(event);
    if (!step) return;
    event.preventDefault();
    move(at[0] + step[0], at[1] + step[1], true);
  });
  return { element, show };
}

/** A figure: the name and the shape of a tensor above its drawing. */
function makeMap(letter, role, label, kind) {
  const shape = make("small");
  const svg = draw("svg", { class: kind, role: "img", "aria-label": label, preserveAspectRatio: "none" });
  const caption = make("figcaption", { class: `mc-name mc-${role}` }, `${letter} `, shape);
  return { figure: make("figure", { class: my("map") }, caption, svg), svg, shape, label };
}

function fit(map, shape, rows, columns, drawing) {
  map.shape.textContent = shape;
  map.svg.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
  map.svg.setAttribute("aria-label", `${shape}. ${map.label}`);
  map.svg.style.setProperty("--rows", rows);
  map.svg.style.setProperty("--columns", columns);
  map.svg.replaceChildren(...drawing);
}

/** The frame of the window; a rim of paper keeps it apart from what lies under it. */
function frame(map, x, y, side) {
  map.svg.querySelectorAll("[data-frame]").forEach((old) => old.remove());
  for (const kind of ["halo", "window"]) {
    const one = rect(x, y, side, side, my(kind));
    one.dataset.frame = "";
    map.svg.append(one);
  }
}

function drawX(told, tall, wide) {
  const { h, w, p } = told.layer;
  // Slanted lines keep their distance on the screen, however small a pixel is.
  const step = Math.max(0.5, wide / 50);
  const unread = [
    ...told.rows_unread.map(([first, last]) => [0, first, wide, last - first]),
    ...told.columns_unread.map(([first, last]) => [first, 0, last - first, tall]),
  ];
  return [
    rect(0, 0, wide, tall, my("padding")),
    rect(p, p, w, h, my("x")),
    gridLines(p, p, h, w),
    ...unread.map((box) => rect(...box, my("unread"))),
    draw("path", { class: my("hatch"), d: unread.map((box) => slanted(...box, step)).join("") }),
    dots(told.row_starts, told.column_starts),
  ];
}

/** A square for every kernel that there is: all of them, or a block for each group. */
function drawK({ layer, blocks }) {
  return [
    rect(0, 0, layer.c_i, layer.c_o, my("none")),
    ...blocks.map(([top, bottom, left, right]) => rect(left, top, right - left, bottom - top, my("k"))),
    gridLines(0, 0, layer.c_o, layer.c_i),
  ];
}

function rect(x, y, width, height, kind) {
  return draw("rect", { x, y, width, height, class: kind });
}

function gridLines(x, y, h, w) {
  if (Math.max(h, w) > MOST_LINES) return "";
  const down = Array.from({ length: w - 1 }, (_, j) => `M${x + j + 1} ${y}v${h}`);
  const across = Array.from({ length: h - 1 }, (_, i) => `M${x} ${y + i + 1}h${w}`);
  return draw("path", { class: my("lines"), d: [...down, ...across].join("") });
}

/** A dot in the first pixel of each window, while they are few enough to be told apart. */
function dots(rows, columns) {
  if (Math.max(rows.length, columns.length) > MOST_DOTS) return "";
  const d = rows.map((i) => columns.map((j) => `M${j + 0.5} ${i + 0.5}h0`).join("")).join("");
  return draw("path", { class: my("dots"), d });
}

/** Slanted lines in a box, on one lattice for all boxes, so that they never cross. */
function slanted(x, y, width, height, step) {
  const [right, bottom] = [x + width, y + height];
  let d = "";
  for (let along = Math.ceil((x + y) / step) * step; along < right + bottom; along += step) {
    const [from, to] = [Math.max(x, along - bottom), Math.min(right, along - y)];
    d += `M${from} ${along - from}L${to} ${along - to}`;
  }
  return d;
}

function makeLegend(words) {
  const sign = (...marks) => draw("svg", { viewBox: "0 0 2 2", "aria-hidden": "true" }, marks);
  const hatch = draw("path", { class: my("hatch"), d: slanted(0, 0, 2, 2, 0.7) });
  const dot = draw("path", { class: my("dots"), d: "M1 1h0", style: "stroke-width: 0.9px" });
  const entries = [
    [words.legend_x, sign(rect(0, 0, 2, 2, my("x")))],
    [words.legend_padding, sign(rect(0, 0, 2, 2, my("padding")))],
    [words.legend_dot, sign(dot)],
    [words.legend_unread, sign(rect(0, 0, 2, 2, my("unread")), hatch)],
  ];
  return make("div", { class: `mc-quiet ${my("legend")}` },
    entries.map(([text, icon]) => make("span", {}, icon, text)));
}

/** The size of Y and the three costs as a table: number, bar, and the sum behind it. */
function makeCosts(words) {
  const size = makeRow(words.size, "size");
  const rows = COSTS.map((name) => [name, makeRow(words[name], name)]);
  const axis = make("span", { class: my("axis"), "aria-hidden": "true" });
  const marked = make("span", { hidden: true }, words.mark);
  const parts = make("span", { class: my("parts"), "aria-hidden": "true" });
  const shares = make("span", { class: my("shares") });
  const memory = rows.at(-1)[1];
  memory.detail.append(axis, make("span", { class: "mc-quiet" }, words.log, " ", marked));
  const linear = makeRow(words.linear_memory, "linear");
  linear.detail.append(parts, shares, make("span", { class: "mc-quiet" }, words.linear));
  const all = [size, ...rows.map(([, row]) => row), linear];
  // The roles stay when the stylesheet turns the rows into grids.
  const element = make(
    "table", { class: `${my("costs")} ${my("whole")}`, role: "table", "aria-label": words.costs },
    make("tbody", { role: "rowgroup" }, all.map((row) => row.element)),
  );

  function show(told) {
    size.number.textContent = `${told.h_o} × ${told.w_o}`;
    size.detail.replaceChildren(...told.size.map((line) => make("span", { class: my("sum") }, line)));
    for (const [name, row] of rows) showCost(row, told[name], told.ticks);
    axis.replaceChildren(...told.ticks.map(({ at, text }) =>
      make("span", { style: percent("left", at) }, text)));
    marked.hidden = !told.pin;
    parts.replaceChildren(...told.parts.map(({ of, share }) =>
      make("i", { class: my(`part-${of}`), style: percent("width", share) })));
    shares.replaceChildren(...told.parts.map(({ of, text }) =>
      make("span", {}, make("b", { class: `mc-name mc-${of}` }, of.toUpperCase()), ` ${text}`)));
  }
  return { element, show };
}

const percent = (property, share) => `${property}: ${100 * share}%`;

function makeRow(title, name) {
  const number = make("span", { class: my("number") });
  const ratio = make("span", { class: my("ratio") });
  const detail = make("td", { role: "cell" });
  const head = make("th", { role: "rowheader", scope: "row" }, title, number, ratio);
  const element = make("tr", { role: "row", class: my(`of-${name}`) }, head, detail);
  return { element, number, ratio, detail };
}

function showCost(row, cost, ticks) {
  row.number.textContent = cost.number;
  row.ratio.textContent = cost.ratio;
  const marks = [
    ...ticks.map(({ at }) => make("i", { class: my("tick"), style: percent("left", at) })),
    make("i", { class: my("bar"), style: percent("width", cost.share) }),
    cost.mark === null ? null : make("i", { class: my("mark"), style: percent("left", cost.mark) }),
  ];
  const track = make("span", { class: my("track"), "aria-hidden": "true" }, marks);
  const sum = make("span", { class: my("sum") }, cost.sum);
  row.detail.querySelectorAll(`.${my("track")}, .${my("sum")}`).forEach((old) => old.remove());
  row.detail.prepend(track, sum);
}

export default { render };
