// The pixel mixer: a picture, one pixel's channels, the matrix that mixes them, the mixed picture.

const ARROW = 0.05; // what an arrow key adds to a weight
const DRAGGED = 0.01; // what a CSS pixel of dragging adds
const DUST = 1e-6;

function render({ model, el }) {
  const stage = openStage(model, el, "mixer");
  const { words } = stage;
  let told = model.get("told");
  let pixel = told.pixel;
  let X, Y, sources; // the numbers of all pixels, unpacked
  let rows = []; // the weights that the learner wants, with those of switched-off outputs
  const send = oneAtATime(stage);

  const tools = makeTools();
  const views = [makeView("x", words.photo), makeView("y", words.mixed)];
  const why = makeWhy(words);
  const table = makeTable(stage, told.most, setWeight);
  stage.root.append(
    tools.element,
    make("div", { class: "mc-mixer-views" }, views.map((view) => view.element)),
    make("div", { class: "mc-mixer-pixel" }, why.element, table.element),
  );
  views.forEach((view) => letChoose(view, choose));
  letWalk(views[0].plates[0].canvas, (down, right) => choose(pixel[0] + down, pixel[1] + right));
  stage.onTold(take);
  stage.onTheme(redraw);
  take(told);
  stage.say(words.hint);
  return stage.end;

  // ---- what the learner does

  function choose(i, j) {
    const [h, w] = told.shape;
    pixel = [Math.min(Math.max(i, 0), h - 1), Math.min(Math.max(j, 0), w - 1)];
    showPixel();
  }

  function setWeight(o, c, value) {
    rows[o] = rows[o].with(c, value);
    table.showWeights(rows.slice(0, told.matrix.length));
    send({ matrix: rows.slice(0, told.matrix.length) });
  }

  function makeTools() {
    const presets = Object.entries(told.presets).map(([name, matrix]) => {
      const button = makeButton(words[name], () => send({ matrix }), { pressed: false });
      return [name, button];
    });
    const outputs = makeCounter(words.outputs, 1, 3, (count) => send({ matrix: rows.slice(0, count) }));
    const wrong = makeButton(words.wrong, () => send({ wrong: !told.wrong }), { pressed: false });
    wrong.classList.add("mc-mixer-switch");
    const group = make("span", { class: "mc-mixer-presets", role: "group", "aria-label": words.start },
      presets.map(([, button]) => button));
    const element = make("div", { class: "mc-bar" }, group, outputs.element, wrong);
    function show() {
      presets.forEach(([name, button]) => button.setAttribute("aria-pressed", name === told.preset));
      outputs.show(told.matrix.length);
      wrong.setAttribute("aria-pressed", told.wrong);
    }
    return { element, show };
  }

  // ---- what there is to see

  function take(next) {
    if (!X || next.X !== told.X) X = unpack(next.X, Float32Array);
    Y = unpack(next.Y, Float32Array);
    sources = next.sources && unpack(next.sources, Int32Array);
    told = next;
    if (!send.busy()) {
      // A row that was switched off comes back as it was.
      rows = [...told.matrix, ...(rows.length ? rows : told.presets.identity).slice(told.matrix.length)];
    }
    redraw();
  }

  function redraw() {
    const { shape: [h, w], matrix } = told;
    const count = matrix.length;
    tools.show();
    const cut = ["inside", "above", "below", "both"][(told.above > 0) + 2 * (told.below > 0)];
    views[0].show(X, [3, h, w], [told.credit]);
    views[1].show(Y, [count, h, w], [words[`note_${count}`], fill(words[cut], told)], words.map);
    why.element.hidden = !told.wrong;
    table.build(count, told.ends);
    table.showWeights(rows.slice(0, count));
    showPixel({ aloud: told.n > 0 });
  }

  function showPixel({ aloud = true } = {}) {
    const [i, j] = pixel;
    const [h, w] = told.shape;
    const at = i * w + j;
    const places = [0, 1, 2].map((c) => unravel(sources ? sources[c * h * w + at] : c * h * w + at, h, w));
    const x = places.map(([c, row, column]) => X[(c * h + row) * w + column]);
    const y = told.matrix.map((_, o) => Y[o * h * w + at]);
    views[0].mark(places.map(([, row, column]) => [row, column]), h, w);
    views[1].mark([[i, j]], h, w);
    const canvas = views[0].plates[0].canvas;
    canvas.setAttribute("aria-valuemax", h * w - 1);
    canvas.setAttribute("aria-valuenow", at);
    canvas.setAttribute("aria-valuetext", fill(words.at, { i, j }));
    table.showPixel({ pixel, places, x, y, matrix: told.matrix, wrong: told.wrong });
    if (aloud) stage.say(inWords({ i, j, places, x, y }));
  }

  function inWords({ i, j, places, x, y }) {
    const values = { i, j };
    x.forEach((value, c) => { values[`x${c}`] = digits(value); });
    y.forEach((value, o) => { values[`y${o}`] = digits(value); });
    places.forEach(([c, row, column], at) => {
      values[`from${at}`] = words[`channel_${c}`];
      values[`place${at}`] = `(${row}, ${column})`;
    });
    return fill(told.wrong ? words.wrong_now : words[`now_${y.length}`], values);
  }
}

/** A place in memory as channel, row, column. */
function unravel(place, h, w) {
  return [Math.floor(place / (h * w)), Math.floor(place / w) % h, place % w];
}

/** A number with at most three digits after the point. */
function digits(value) {
  return String(Number(value.toFixed(3)) || 0).replace("-", MINUS);
}

/** The same as the second part of a sum or product. */
function bracketed(value) {
  const text = digits(value);
  return text.startsWith(MINUS) ? `(${text})` : text;
}

/** What the screen shows for red, green and blue in 0..1; one number is a grey. */
function screenColour(values) {
  const [red, green, blue] = values.map((value) => Math.round(255 * Math.min(Math.max(value, 0), 1)));
  return `rgb(${red} ${green ?? red} ${blue ?? red})`;
}

// ---- the two pictures

/** X or Y: its name, its shape, and one plate, or two for two grey maps. */
function makeView(role, label) {
  const shape = make("small");
  const name = make("div", { class: `mc-name mc-${role}` }, `${role.toUpperCase()} `, shape);
  const caption = make("figcaption", { class: "mc-quiet" });
  const plates = [makePlate(label), makePlate(label)];
  if (role === "y") plates.forEach((plate) => plate.canvas.setAttribute("role", "img"));
  const element = make("figure", { class: `mc-mixer-view mc-mixer-of-${role}`, "aria-label": label },
    name, make("div", { class: "mc-mixer-plates" }, plates.map((plate) => plate.element)), caption);

  function show(values, [c, h, w], lines, map) {
    shape.textContent = `(${c}, ${h}, ${w})`;
    caption.replaceChildren(...lines.map((line) => make("div", {}, line)));
    plates[1].element.hidden = c !== 2;
    if (c !== 2) return plates[0].show(values, c, h, w, label);
    plates.forEach((plate, o) =>
      plate.show(values.subarray(o * h * w, (o + 1) * h * w), 1, h, w, fill(map, { o })));
  }
  const mark = (places, h, w) => plates.forEach((plate) => plate.mark(places, h, w));
  return { element, plates, show, mark };
}

function makePlate(label) {
  const canvas = make("canvas", { "aria-label": label });
  const ring = make("div", { class: "mc-mixer-ring" });
  const others = make("div", { class: "mc-mixer-ring", hidden: true });
  const element = make("div", { class: "mc-mixer-plate" }, canvas, ring, others);

  function show(values, c, h, w, name) {
    if (canvas.width !== w || canvas.height !== h) {
      [canvas.width, canvas.height] = [w, h];
      element.style.aspectRatio = `${w} / ${h}`;
      element.style.maxWidth = `${(290 * w) / h}px`;
    }
    canvas.setAttribute("aria-label", name);
    const image = new ImageData(w, h); // its bytes are clamped to 0..255 and rounded
    for (let at = 0; at < h * w; at++) {
      for (let colour = 0; colour < 3; colour++) {
        image.data[4 * at + colour] = 255 * values[c === 3 ? colour * h * w + at : at];
      }
      image.data[4 * at + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function mark(places, h, w) {
    const first = places[0];
    const here = places.filter(([i]) => i === first[0]);
    const beyond = places.filter(([i]) => i !== first[0]);
    surround(ring, here, h, w);
    others.hidden = !beyond.length;
    if (beyond.length) surround(others, beyond, h, w);
  }
  return { element, canvas, show, mark };
}

/** Put a ring around pixels of one row. */
function surround(ring, places, h, w) {
  const columns = places.map(([, j]) => j);
  const left = Math.min(...columns), count = Math.max(...columns) - left + 1;
  Object.assign(ring.style, {
    left: `${(100 * left) / w}%`, width: `${(100 * count) / w}%`,
    top: `${(100 * places[0][0]) / h}%`, height: `${100 / h}%`,
  });
}

/** A click or a drag over a picture chooses a pixel. */
function letChoose(view, choose) {
  for (const { canvas } of view.plates) {
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      choose(Math.floor(((event.clientY - box.top) / box.height) * canvas.height),
        Math.floor(((event.clientX - box.left) / box.width) * canvas.width));
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      at(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) at(event);
    });
  }
}

/** The arrow keys move one pixel, with Shift ten. */
function letWalk(canvas, move) {
  for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, "aria-valuemin": 0 })) {
    canvas.setAttribute(name, value);
  }
  canvas.addEventListener("keydown", (event) => {
    const step = stepOf(event);
    if (!step) return;
    const far = event.shiftKey ? 10 : 1;
    move(step[0] * far, step[1] * far);
    event.preventDefault();
  });
}

function makeWhy(words) {
  const element = make("div", { class: "mc-mixer-why", role: "note", hidden: true },
    make("p", {}, words.why_wrong),
    make("code", {}, "✗ X.reshape(h * w, 3)"), make("code", {}, "✓ X.permute(1, 2, 0).reshape(h * w, 3)"));
  return { element };
}

// ---- the pixel, the matrix, the sums

/** The channels over the columns of the matrix, the sums beside its rows. */
function makeTable(stage, most, setWeight) {
  const { words } = stage;
  const names = [0, 1, 2].map((c) => words[`channel_${c}`]);
  const inputs = names.map((name, c) => makeInput(name, c));
  const own = make("span", { class: "mc-name mc-x mc-mixer-at" });
  const theirs = make("span", { class: "mc-name mc-y mc-mixer-at" });
  const axis = make("div", { class: "mc-mixer-axis", "aria-hidden": "true" });
  const swatch = makeSwatch(words);
  const mixed = makeSwatch(words);
  const heads = make("div", { role: "row", class: "mc-mixer-line mc-mixer-heads" },
    make("div", { role: "columnheader" }),
    inputs.map((input) => input.head),
    make("div", { role: "columnheader", class: "mc-unseen" }, words.sum),
    make("div", { role: "columnheader", class: "mc-unseen" }, words.colour));
  const kernel = make("small");
  const middle = make("div", { role: "row", class: "mc-mixer-line mc-mixer-middle" },
    make("div", { role: "rowheader", class: "mc-name mc-k mc-mixer-kernel" }, "K ", kernel),
    make("div", { role: "cell", class: "mc-mixer-out" }, theirs, mixed, axis));
  const top = make("div", { role: "row", class: "mc-mixer-line mc-mixer-top" },
    make("div", { role: "rowheader", class: "mc-mixer-label" }, own, swatch),
    inputs.map((input) => input.element));
  const body = make("div", { role: "rowgroup", class: "mc-mixer-rows" });
  const element = make("div", { class: "mc-mixer-table", role: "table", "aria-label": words.table },
    heads, top, middle, body);
  let outputs = [], ends = [0, 1];

  function build(count, nextEnds) {
    ends = nextEnds;
    showAxis(axis, ends);
    kernel.textContent = `(${count}, 3, 1, 1)`;
    if (outputs.length === count) return;
    while (outputs.length < count) outputs.push(makeOutput(stage, outputs.length, names, most, setWeight));
    // A focused weight stays where it is: rows are added and taken away at the end only.
    outputs.splice(count).forEach((output) => output.element.remove());
    outputs.forEach((output) => {
      if (!body.contains(output.element)) body.append(output.element);
    });
    element.classList.toggle("mc-mixer-three", count === 3);
    outputs.forEach((output, o) =>
      output.rename({ 1: words.grey_map, 2: fill(words.map, { o }) }[count] ?? words[`new_${o}`], names));
  }

  function showWeights(rows) {
    const limit = largest(rows);
    rows.forEach((row, o) => outputs[o].weights.forEach((weight, c) => weight.show(row[c], limit)));
  }

  function showPixel({ pixel, places, x, y, matrix, wrong }) {
    const name = `X[:, ${pixel.join(", ")}]`.replaceAll(" ", "\u00a0");
    own.textContent = wrong ? fill(words.not, { name }) : name;
    element.classList.toggle("mc-mixer-scrambled", wrong);
    theirs.textContent = `Y[:, ${pixel.join(", ")}]`;
    swatch.style.background = screenColour(x);
    mixed.style.background = screenColour(y);
    inputs.forEach((input, c) => input.show(x[c], places[c], names, wrong));
    outputs.forEach((output, o) => output.show(matrix[o], x, y, ends));
  }
  return { element, build, showWeights, showPixel };
}

function makeSwatch(words) {
  return make("div", { class: "mc-mixer-swatch", role: "img", "aria-label": words.colour });
}

/** One channel of the pixel: its name over the column, its bar, its number, where it came from. */
function makeInput(name, c) {
  const head = make("div", { role: "columnheader" },
    make("span", { class: `mc-mixer-dot mc-mixer-dot-${c}`, "aria-hidden": "true" }), name);
  const fillBar = make("div", { class: "mc-mixer-fill" });
  const number = make("div", { class: "mc-mixer-number" });
  const place = make("div", { class: "mc-quiet mc-mixer-place" });
  const element = make("div", { role: "cell", class: "mc-mixer-in" },
    make("div", { class: "mc-mixer-column", "aria-hidden": "true" }, fillBar), number, place);
  function show(value, [channel, i, j], names, wrong) {
    fillBar.style.height = `${100 * value}%`;
    number.textContent = digits(value);
    place.hidden = !wrong; // otherwise it is the chosen place, which stands beside
    place.replaceChildren(make("div", {}, names[channel]), ` (${i}, ${j})`);
  }
  return { head, element, show };
}

/** One row of the matrix, its bar, its sum written out, and its colour. */
function makeOutput(stage, o, names, most, setWeight) {
  const label = make("div", { role: "rowheader", class: "mc-mixer-label" });
  const weights = names.map((_, c) => makeWeight(stage, most, (value) => setWeight(o, c, value)));
  const bar = make("div", { class: "mc-mixer-bar" });
  const range = make("div", { class: "mc-mixer-range" });
  const number = make("span", { class: "mc-mixer-total" });
  const cut = make("span", { class: "mc-quiet mc-mixer-cut" });
  const sum = make("div", { class: "mc-mixer-sum" });
  const swatch = makeSwatch(stage.words);
  const axis = make("div", { class: "mc-mixer-axis", "aria-hidden": "true" });
  const element = make("div", { role: "row", class: "mc-mixer-line" }, label,
    weights.map((weight) => make("div", { role: "cell" }, weight.element)),
    make("div", { role: "cell", class: "mc-mixer-out" }, axis,
      make("div", { class: "mc-mixer-track", "aria-hidden": "true" }, range, bar),
      make("div", { class: "mc-mixer-totals" }, number, cut), sum),
    make("div", { role: "cell", class: "mc-mixer-colour" }, swatch));

  function rename(output) {
    label.textContent = output;
    weights.forEach((weight, c) => weight.name(fill(stage.words.weight, { output, input: names[c] })));
  }

  function show(row, x, y, ends) {
    const value = y[o];
    showAxis(axis, ends);
    const share = (at) => (100 * (at - ends[0])) / (ends[1] - ends[0]);
    Object.assign(range.style, { left: `${share(0)}%`, width: `${share(1) - share(0)}%` });
    Object.assign(bar.style, {
      left: `${share(Math.min(value, 0))}%`,
      width: `${share(Math.abs(value)) - share(0)}%`,
    });
    bar.classList.toggle("mc-mixer-negative", value < 0);
    number.textContent = digits(value);
    const end = value > 1 + DUST ? "1" : value < -DUST ? "0" : null;
    cut.textContent = end === null ? "" : fill(stage.words.shown_as, { end });
    sum.replaceChildren(...writtenOut(row, x), " ",
      make("span", { class: "mc-mixer-product" }, `= ${digits(value)}`));
    swatch.style.background = screenColour(y.length === 3 ? y : [value]);
  }
  return { element, weights, rename, show };
}

/** The sum as 0.393·0.726 + 0.769·0.402 + …, weights and channels in their colours. */
function writtenOut(row, x) {
  return row.flatMap((weight, c) => [
    c ? " + " : "",
    make("span", { class: "mc-mixer-product" },
      make("span", { class: "mc-mixer-k" }, c ? bracketed(weight) : digits(weight)), "\u00b7",
      make("span", { class: "mc-mixer-x" }, bracketed(x[c]))),
  ]);
}

/** A weight: a number to type, to step with the up and down keys, or to drag to the side. */
function makeWeight(stage, most, onchange) {
  const element = make("input", {
    class: "mc-mixer-weight", type: "text", inputmode: "decimal", autocomplete: "off", role: "spinbutton",
    "aria-valuemin": -most, "aria-valuemax": most, "aria-description": stage.words.weight_help,
    title: stage.words.weight_help,
  });
  let value = 0, typed = false, drag = null;

  function show(next, limit) {
    value = next;
    element.setAttribute("aria-valuenow", value);
    if (!typed) element.value = digits(value);
    stage.paint(element, "k", value, limit);
  }
  function moveTo(target, parts) {
    const next = Math.round(Math.min(Math.max(target, -most), most) * parts) / parts;
    if (next !== value) onchange(next);
  }
  function finish(keep) {
    const text = element.value, number = parsed(text);
    const changed = typed && keep && text !== digits(value) && text.trim() !== "";
    typed = false;
    element.value = digits(value);
    if (!changed) return;
    if (number === null) stage.complain(fill(stage.words.no_number, { text }));
    else onchange(number);
  }

  element.addEventListener("input", () => { typed = true; });
  element.addEventListener("blur", () => finish(true));
  element.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const step = { ArrowUp: ARROW, ArrowDown: -ARROW }[event.key];
    if (event.key === "Enter" || event.key === "Escape") {
      finish(event.key === "Enter");
      element.select();
    } else if (step) {
      finish(true);
      moveTo(value + step, 1e6);
    } else return;
    event.preventDefault();
  });

  // A drag must not select text, so a press by itself does not focus; its end does.
  element.addEventListener("mousedown", (event) => event.preventDefault());
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    drag = { from: event.clientX, start: value, moved: false };
  });
  element.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const far = Math.round(event.clientX - drag.from);
    if (!drag.moved && Math.abs(far) < 4) return;
    if (!drag.moved) finish(false);
    drag.moved = true;
    moveTo(drag.start + far * DRAGGED, 100);
  });
  element.addEventListener("pointerup", () => {
    if (!drag) return;
    element.focus({ preventScroll: true });
    if (!drag.moved) element.select();
    drag = null;
  });
  element.addEventListener("pointercancel", () => { drag = null; });
  return { element, show, name: (text) => element.setAttribute("aria-label", text) };
}

/** The places of 0 and 1 over the bars, and the ends if they lie further out. */
function showAxis(axis, [low, high]) {
  const ticks = [...new Set([low, 0, 1, high])];
  axis.replaceChildren(...ticks.map((tick) =>
    make("span", { style: `left: ${(100 * (tick - low)) / (high - low)}%` }, digits(tick))));
}

export default { render };
