// The filter loom: inputs, kernels and maps, the threads between them, and the numbers of a choice.

const SMALLEST_CELL = 22, LARGEST_CELL = 34;
const LONGEST_SUM = 9;

function render({ model, el }) {
  const stage = openStage(model, el, "loom");
  let told = model.get("told");
  let draft = draftOf(told);
  let choice = { kind: "y", o: 0, c: 0, i: 0, j: 0 };

  const bar = makeLoomBar(stage, ask, () => ask(told.start));
  const counts = makeCounts(stage.words);
  const cloth = makeCloth(stage, { choose, edit });
  const detail = makeDetail(stage, { edit, pick: (i, j) => choose({ i, j }) });
  stage.root.append(bar.element, counts.element,
    make("div", { class: "mc-loom-room" }, cloth.element, detail.element));

  let width = 0;
  const resized = new ResizeObserver(() => requestAnimationFrame(() => {
    if (stage.frame.clientWidth !== width) redraw();
    else cloth.weave();
  }));
  resized.observe(stage.frame);
  resized.observe(cloth.element);
  stage.atEnd(() => resized.disconnect());
  stage.onTold((next) => { told = next; draft = draftOf(told); redraw(); });
  stage.onTheme(redraw);
  redraw();
  return stage.end;

  /** Ask for other numbers; the draft keeps what Python has not answered yet. */
  function ask(changes) {
    draft = { ...draft, ...changes };
    stage.ask(draft);
  }

  function edit(name, place, value) {
    const numbers = structuredClone(draft[name]);
    let inner = numbers;
    for (const index of place.slice(0, -1)) inner = inner[index];
    inner[place.at(-1)] = value;
    ask({ [name]: numbers });
  }

  function choose(changes) {
    const next = { ...choice, ...changes };
    if (Object.keys(next).every((name) => next[name] === choice[name])) return;
    choice = next;
    showChoice();
  }

  function redraw() {
    width = stage.frame.clientWidth;
    const within = (index, count) => Math.min(index, count - 1);
    choice = {
      ...choice, o: within(choice.o, told.K.length), c: within(choice.c, told.X.length),
      i: within(choice.i, told.maps[0].length), j: within(choice.j, told.maps[0][0].length),
    };
    bar.show(told);
    counts.show(told);
    cloth.show(told);
    showChoice();
  }

  function showChoice() {
    cloth.light(told, choice);
    detail.show(told, choice);
    stage.say(inWords(stage.words, told, choice));
  }
}

function draftOf({ X, K, bias, biased }) {
  return { X, K, bias, biased, c_i: X.length, c_o: K.length };
}

/** Which nodes a choice lights; a thread is lit where both its ends are. */
function lights({ kind, o, c }) {
  return {
    x: (c2) => kind === "y" || c2 === c,
    k: (o2, c2) => (kind === "x" || o2 === o) && (kind === "y" || c2 === c),
    y: (o2) => kind !== "x" && o2 === o,
  };
}

/** The choice in a sentence. */
function inWords(words, told, choice) {
  const { kind, o, c, i, j } = choice;
  if (kind === "x") {
    const kernels = told.K.map((_, o2) => fill(words.K, { o: o2, c })).join(", ");
    return fill(words.input_chosen, { c, kernels });
  }
  if (kind === "y") {
    const addends = told.parts[o].map((part) => part[i][j]);
    if (told.biased) addends.push(told.bias[o]);
    const sentence = told.biased ? words.map_chosen_bias : words.map_chosen;
    const total = short(told.maps[o][i][j], largest(addends));
    return fill(sentence, { o, i, j, sum: joined(addends), total });
  }
  const kernel = told.K[o][c];
  const products = kernel.flatMap((line, a) =>
    line.map((weight, b) => `${factor(told.X[c][i + a][j + b])}·${factor(weight)}`));
  const sentence = products.length <= LONGEST_SUM ? words.kernel_chosen : words.kernel_chosen_long;
  return fill(sentence, { o, c, i, j, sum: products.join(" + "), part: short(told.parts[o][c][i][j]) });
}

function joined(addends) {
  return addends.map((value, at) => (at ? factor(value) : short(value))).join(" + ");
}

// ---- the buttons and the count

function makeLoomBar({ words }, ask, reset) {
  const inputs = makeCounter(words.inputs, 1, 8, (c_i) => ask({ c_i }));
  const filters = makeCounter(words.filters, 1, 8, (c_o) => ask({ c_o }));
  const bias = makeButton(words.bias, () => ask({ biased: bias.getAttribute("aria-pressed") !== "true" }),
    { pressed: false });
  const element = make("div", { class: "mc-bar" },
    makeButton("⟲", reset, { label: words.reset }), inputs.element, filters.element, bias);
  function show({ X, K, biased, most }) {
    inputs.show(X.length, most);
    filters.show(K.length, most);
    bias.setAttribute("aria-pressed", biased);
  }
  return { element, show };
}

function makeCounts(words) {
  const element = make("div", { class: "mc-loom-counts", "aria-live": "polite" });
  const cards = ["k", "y", "all"].map((role) => {
    const card = { sentence: make("strong"), note: make("span", { class: "mc-quiet" }) };
    const kind = `mc-loom-count mc-loom-count-${role}`;
    element.append(make("p", { class: kind }, card.sentence, " ", card.note));
    return card;
  });
  function show({ counts, biased }) {
    const names = ["kernels", "maps", biased ? "all" : "weights"];
    cards.forEach(({ sentence, note }, at) => {
      sentence.textContent = fill(words[`${names[at]}_counted`], counts);
      note.textContent = fill(words[`${names[at]}_note`], counts);
    });
  }
  return { element, show };
}

// ---- the loom itself

/**
 * Inputs on the left, a row a filter, maps on the right, and the threads between them.
 *
 * Tiles hold the numbers while there are few; circles take their place when there are many.
 */
function makeCloth(stage, { choose, edit }) {
  const { words } = stage;
  const threads = draw("svg", { class: "mc-loom-threads", "aria-hidden": "true" });
  const heads = Object.fromEntries(["x", "k", "y"].map((role) =>
    [role, make("div", { class: `mc-name mc-${role} mc-loom-head-${role}` })]));
  const inputs = make("div", { class: "mc-loom-inputs", role: "group", "aria-label": words.all_inputs });
  const element = make("div", { class: "mc-loom-cloth" }, threads, ...Object.values(heads), inputs);
  let nodes = new Map(), rows = [], tiles = null, told = null, choice = null;
  let stops = { x: "x0", k: "k0,0", y: "y0" };

  element.addEventListener("focusin", (event) => {
    const node = nodeOf(event.target);
    if (!node) return;
    const cell = event.target.closest(".mc-cell");
    const place = node.place.kind === "y" && cell && !cell.closest(".mc-loom-bias")
      ? { i: Number(cell.dataset.i), j: Number(cell.dataset.j) } : {};
    choose({ ...node.place, ...place });
  });
  element.addEventListener("click", (event) => {
    const node = nodeOf(event.target);
    if (node?.grid && !event.target.closest(".mc-cell")) node.grid.focus(...node.grid.at());
    else if (node && !node.grid) node.element.focus(); // Safari does not focus what is clicked
  });
  // Before the grids hear it: at the edge of a tile, the arrow keys go on to the next one.
  element.addEventListener("keydown", (event) => {
    const node = nodeOf(event.target), step = stepOf(event);
    if (!node || !step || event.target.matches("input")) return;
    const bias = event.target.closest(".mc-loom-bias");
    const at = node.grid && !bias ? node.grid.at() : [0, 0];
    if (node.grid && !bias && node.grid.cell(at[0] + step[0], at[1] + step[1])) return;
    event.preventDefault();
    event.stopPropagation();
    const next = nodes.get(bias ? keyOf(node.place) : neighbour(node.place, step));
    if (next) enter(next, step, at);
  }, true);

  return { element, show, light, weave };

  function nodeOf(target) {
    return nodes.get(target.closest?.("[data-node]")?.dataset.node);
  }

  function neighbour({ kind, o, c }, [down, across]) {
    const c_i = told.X.length;
    const x = (c2) => keyOf({ kind: "x", c: c2 });
    const k = (o2, c2) => keyOf({ kind: "k", o: o2, c: c2 });
    const y = (o2) => keyOf({ kind: "y", o: o2 });
    if (kind === "x") return across ? across > 0 && k(choice.o, c) : x(c + down);
    if (kind === "y") return across ? across < 0 && k(o, c_i - 1) : y(o + down);
    if (tiles && down) return k(Math.floor((o * c_i + c + down) / c_i), (c + down + c_i) % c_i);
    if (down) return k(o + down, c);
    if (!tiles && nodes.has(k(o, c + across))) return k(o, c + across);
    return across < 0 ? x(c) : y(o);
  }

  /** Come into a node from its neighbour, in the row or column that one was left from. */
  function enter({ grid, element: button }, [down, across], [i, j]) {
    if (!grid) return button.focus();
    const last = (test) => { let n = 0; while (test(n + 1)) n += 1; return n; };
    const h = last((n) => grid.cell(n, 0)), w = last((n) => grid.cell(0, n));
    const row = down > 0 ? 0 : down < 0 ? h : Math.min(i, h);
    const column = across > 0 ? 0 : across < 0 ? w : Math.min(j, w);
    return grid.focus(row, column);
  }

  function show(next) {
    told = next;
    fit();
    const { X, K, maps, biased, bias } = told;
    const shapes = { x: shapeOf(X), k: shapeOf(K), y: shapeOf(maps) };
    for (const [role, name] of [["x", "X"], ["k", "K"], ["y", "Y"]]) {
      heads[role].replaceChildren(`${name} `, make("small", {}, `(${shapes[role].join(", ")})`));
    }
    sync(X.length, K.length);
    element.style.setProperty("--mc-loom-rows", K.length);
    element.style.setProperty("--mc-loom-channels", X.length);
    if (!tiles) return;
    const limits = { x: largest(X), k: largest(K), y: largest(maps) };
    X.forEach((values, c) => nodes.get(`x${c}`).grid.show(values, limits.x));
    K.forEach((filter, o) => filter.forEach((values, c) =>
      nodes.get(`k${o},${c}`).grid.show(values, limits.k)));
    maps.forEach((values, o) => nodes.get(`y${o}`).grid.show(values, limits.y));
    rows.forEach((row, o) => {
      row.added.hidden = !biased;
      row.bias.show([[bias[o]]], largest(K, bias));
      row.bias.cell(0, 0).setAttribute("aria-label", `${fill(words.b, { o })}: ${short(bias[o])}`);
    });
  }

  /** Choose the size of the cells, and circles where they would be too small to read. */
  function fit() {
    const room = element.clientWidth || stage.frame.clientWidth - 30;
    const columns = told.X[0][0].length + told.K[0][0][0].length + told.maps[0][0].length;
    const cell = Math.floor((room - 100 - 2 * columns) / columns);
    const wanted = told.tiles && cell >= SMALLEST_CELL;
    element.style.setProperty("--mc-cell", `${Math.min(Math.max(cell, SMALLEST_CELL), LARGEST_CELL)}px`);
    if (wanted === tiles) return;
    const held = nodeOf(document.activeElement);
    tiles = wanted;
    for (const row of rows) row.parts.forEach((part) => part.remove());
    inputs.replaceChildren();
    [nodes, rows] = [new Map(), []];
    element.classList.toggle("mc-loom-tiles", tiles);
    element.classList.toggle("mc-loom-circles", !tiles);
    if (held) {
      sync(told.X.length, told.K.length);
      requestAnimationFrame(() => enter(nodes.get(keyOf(held.place)), [1, 1], [0, 0]));
    }
  }

  /** Have exactly the nodes that there are, and leave those alone that stay. */
  function sync(c_i, c_o) {
    for (const [key, node] of nodes) {
      if ((node.place.c ?? 0) < c_i && (node.place.o ?? 0) < c_o) continue;
      node.element.remove();
      nodes.delete(key);
    }
    while (rows.length > c_o) rows.pop().parts.forEach((part) => part.remove());
    while (rows.length < c_o) rows.push(makeRow(rows.length));
    for (let c = 0; c < c_i; c += 1) {
      if (!nodes.has(`x${c}`)) inputs.append(makeNode({ kind: "x", c }));
      rows.forEach((row, o) => {
        if (!nodes.has(`k${o},${c}`)) row.kernels.append(makeNode({ kind: "k", o, c }));
      });
    }
    for (const kind of ["x", "k", "y"]) {
      if (!nodes.has(stops[kind])) stops[kind] = keyOf({ kind, o: 0, c: 0 });
    }
  }

  function makeRow(o) {
    const title = make("div", { class: "mc-quiet mc-loom-title" }, fill(words.filter, { o }));
    const kernels = make("div", { class: "mc-loom-kernels" });
    const filter = make("div", { class: "mc-loom-filter", role: "group", "aria-label": title.textContent },
      title, kernels);
    const map = makeNode({ kind: "y", o });
    const ring = make("span", { class: "mc-loom-ring", "aria-hidden": "true" }, "+");
    const bias = makeGrid(stage, {
      label: fill(words.b, { o }), role: "k", onEdit: (i, j, value) => edit("bias", [o], value),
    });
    const added = make("div", { class: "mc-loom-bias", hidden: true },
      bias.element, make("span", { class: "mc-quiet" }, fill(words.b, { o })));
    const plus = make("div", { class: "mc-loom-plus", "data-node": `y${o}` }, ring, tiles ? added : null);
    const parts = [filter, plus, map];
    parts.forEach((part) => { part.style.gridRow = o + 2; });
    element.append(...parts);
    return { parts, kernels, filter, ring, bias, added };
  }

  function makeNode(place) {
    const { kind, o, c } = place, key = keyOf(place);
    const name = fill(words[kind.toUpperCase()], { o, c });
    const label = kind === "k" ? `${name}, ${fill(words.K_spoken, { o, c })}` : name;
    if (!tiles) {
      const button = make("button", {
        type: "button", class: `mc-loom-node mc-loom-dot mc-loom-dot-${kind}`, "data-node": key,
        "aria-label": label, title: label,
      }, String(kind === "y" ? o : c));
      nodes.set(key, { place, element: button, end: button });
      return button;
    }
    const editing = {
      x: (i, j, value) => edit("X", [c, i, j], value),
      k: (i, j, value) => edit("K", [o, c, i, j], value),
    };
    const grid = makeGrid(stage, { label, role: kind, onEdit: editing[kind] });
    const box = make("div", { class: `mc-loom-node mc-loom-tile-${kind}`, "data-node": key },
      kind === "k" ? null : make("div", { class: "mc-quiet mc-loom-title" }, name), grid.element);
    nodes.set(key, { place, element: box, end: grid.element, grid });
    return box;
  }

  function light(_, next) {
    choice = next;
    stops = { ...stops, [choice.kind]: keyOf(choice) };
    const lit = lights(choice);
    for (const [key, { place, element: node, end, grid }] of nodes) {
      const { kind, o, c } = place;
      const chosen = key === keyOf(choice);
      node.classList.toggle("mc-loom-lit", kind === "k" ? lit.k(o, c) : lit[kind](c ?? o));
      node.classList.toggle("mc-loom-chosen", chosen);
      if (grid) {
        if (kind === "y") grid.here(choice.i, choice.j, chosen);
        if (chosen) end.setAttribute("aria-current", "true");
        else end.removeAttribute("aria-current");
      } else {
        node.setAttribute("aria-pressed", chosen);
        node.setAttribute("tabindex", stops[kind] === key ? 0 : -1);
      }
    }
    rows.forEach(({ filter, ring }, o) => {
      filter.classList.toggle("mc-loom-lit", choice.kind === "y" && choice.o === o);
      ring.classList.toggle("mc-loom-lit", lit.y(o));
    });
    weave();
  }

  /** Draw the threads where the nodes stand now, the lit ones above the others. */
  function weave() {
    if (!told || !choice || !element.clientWidth) return;
    const lit = lights(choice);
    const corner = element.getBoundingClientRect();
    const box = (node) => {
      const { left, right, top, bottom } = node.getBoundingClientRect();
      const [l, r, t, b] = [left - corner.left, right - corner.left, top - corner.top, bottom - corner.top];
      return { left: l, right: r, top: t, bottom: b, x: (l + r) / 2, y: (t + b) / 2 };
    };
    const dark = [], bright = [];
    const add = (path, role, on) => (on ? bright : dark).push(
      draw("path", { d: path, class: `mc-loom-thread mc-loom-of-${role}${on ? " mc-loom-lit" : ""}` }));
    rows.forEach((row, o) => {
      const hull = box(row.filter), ring = box(row.ring), map = box(nodes.get(`y${o}`).end);
      told.X.forEach((_, c) => {
        const input = box(nodes.get(`x${c}`).end), kernel = box(nodes.get(`k${o},${c}`).end);
        const [inOn, outOn] = [lit.x(c) && lit.k(o, c), lit.k(o, c) && lit.y(o)];
        add(tiles ? across(input, kernel) : into(input, hull, kernel), "x", inOn);
        add(tiles ? across(kernel, ring) : outOf(kernel, hull, ring), "y", outOn);
      });
      add(across(ring, map) + arrow(map.left - 2, map.y), "y", lit.y(o));
    });
    threads.replaceChildren(...dark, ...bright);
  }
}

function keyOf({ kind, o, c }) {
  return { x: `x${c}`, k: `k${o},${c}`, y: `y${o}` }[kind];
}

function shapeOf(tensor) {
  return Array.isArray(tensor) ? [tensor.length, ...shapeOf(tensor[0])] : [];
}

/** A soft S from left to right. */
function bend(x0, y0, x1, y1) {
  const half = (x0 + x1) / 2;
  return `M${x0} ${y0}C${half} ${y0} ${half} ${y1} ${x1} ${y1}`;
}

function across(from, to) {
  return bend(from.right, from.y, to.left - 2, to.y);
}

function arrow(x, y) {
  return `M${x - 7} ${y - 4.5}L${x} ${y}L${x - 7} ${y + 4.5}`;
}

/** From an input along the upper edge of a filter, and down into one of its circles. */
function into(input, hull, dot) {
  const rail = dot.top - 5;
  return `${bend(input.right, input.y, hull.left, rail)}H${dot.x - 5}Q${dot.x} ${rail} ${dot.x} ${dot.top}`;
}

/** From a circle down, along its lower edge, and out to the sum. */
function outOf(dot, hull, ring) {
  const rail = dot.bottom + 5;
  return `M${dot.x} ${dot.bottom}Q${dot.x} ${rail} ${dot.x + 5} ${rail}H${hull.right}`
    + bend(hull.right, rail, ring.left, ring.y);
}

// ---- the numbers of what is chosen

/** The chosen map as the sum of its parts, a kernel between its input and its part, or an input's kernels. */
function makeDetail(stage, { edit, pick }) {
  const { words } = stage;
  const title = make("h4", { class: "mc-loom-subject" });
  const row = make("div", { class: "mc-loom-equation" });
  const element = make("div", { class: "mc-loom-detail", role: "group", "aria-label": words.details },
    title, row, stage.frame.querySelector(".mc-voice"), // beside the numbers that it speaks of
    make("p", { class: "mc-quiet mc-loom-how" }, words.how));
  const frame = make("div", { class: "mc-window", "aria-hidden": "true" });
  const grids = new Map(); // made once for each place, since many cells take their time
  let shown = "", pieces = [];

  function show(told, choice) {
    fit(told, choice);
    const key = [keyOf(choice), told.X.length, told.K.length, told.biased].join(" ");
    if (key !== shown) {
      const { kind, o, c } = choice;
      pieces = { x: ofInput, k: ofKernel, y: ofMap }[kind](told, choice);
      row.replaceChildren(...pieces.map(({ sign, grid, name }) => make("div", { class: "mc-loom-term" },
        make("span", { class: `mc-loom-sign${sign === "⋆" ? " mc-loom-star" : ""}` }, sign),
        make("div", {}, make("div", { class: "mc-quiet mc-loom-title" }, name), grid.element))));
      const titles = { x: words.input_title, k: words.kernel_title, y: words.map_title };
      title.textContent = fill(titles[kind], { o, c });
      shown = key;
    }
    const limits = { x: largest(told.X), k: largest(told.K, told.bias), y: largest(told.parts, told.maps) };
    for (const { grid, role, values } of pieces) {
      grid.show(values(told), limits[role]);
      if (role === "y") grid.here(choice.i, choice.j);
    }
    frameWindow(told, choice);
  }

  /** Frame what the kernel reads. */
  function frameWindow({ K }, { kind, i, j }) {
    if (kind !== "k") return frame.remove();
    const place = { i, j, tall: K[0][0].length, wide: K[0][0][0].length };
    for (const [name, value] of Object.entries(place)) frame.style.setProperty(`--mc-${name}`, value);
    const { element: input } = pieces[0].grid;
    if (frame.parentElement !== input) input.append(frame);
  }

  /** The widest tile fits into a line, and in a map with many parts two of them, if they stay legible. */
  function fit({ X, maps }, { kind }) {
    const room = (element.clientWidth || 300) - 28;
    const most = (columns, share) => Math.floor((share - 4) / columns) - 2;
    const one = most(X[0][0].length, room - 23), two = most(maps[0][0].length, room / 2 - 28);
    const cell = kind === "y" && X.length > 2 && two >= 20 ? two : one;
    element.style.setProperty("--mc-cell", `${Math.min(Math.max(cell, 17), 30)}px`);
  }

  function piece(place, role, name, values, options) {
    if (!grids.has(place)) grids.set(place, makeGrid(stage, { label: name, role, ...options }));
    const grid = grids.get(place);
    grid.element.setAttribute("aria-label", name);
    return { role, name, values, grid, sign: "" };
  }
  const picking = { onPick: pick, follow: true };
  const input = (c) => piece(`x${c}`, "x", fill(words.X, { c }), (told) => told.X[c],
    { onEdit: (i, j, value) => edit("X", [c, i, j], value) });
  const kernel = (o, c) => piece(`k${o},${c}`, "k", fill(words.K, { o, c }), (told) => told.K[o][c],
    { onEdit: (i, j, value) => edit("K", [o, c, i, j], value) });
  const bias = (o) => piece(`b${o}`, "k", fill(words.b, { o }), (told) => [[told.bias[o]]],
    { onEdit: (i, j, value) => edit("bias", [o], value) });
  const map = (o) => piece("y", "y", fill(words.Y, { o }), (told) => told.maps[o], picking);
  const part = (o, c) => ({
    ...piece(`part${c}`, "y", fill(words.part, { o, c }), (told) => told.parts[o][c], picking),
    name: fill(words.part_short, { c }),
  });

  function ofInput(told, { c }) {
    return [input(c), ...told.K.map((_, o) => kernel(o, c))];
  }

  function ofKernel(_, { o, c }) {
    return [input(c), { ...kernel(o, c), sign: "⋆" }, { ...part(o, c), sign: "=" }];
  }

  function ofMap(told, { o }) {
    const addends = [...told.X.map((_, c) => part(o, c)), ...(told.biased ? [bias(o)] : [])];
    return [...addends.map((one, at) => ({ ...one, sign: at ? "+" : "" })), { ...map(o), sign: "=" }];
  }

  return { element, show };
}

export default { render };
