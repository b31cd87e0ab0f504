// The sum machine: a window on every channel, the shares as bars, the total dropping into Y.

const STEP_TIME = 1100;

function render({ model, el }) {
  const stage = openStage(model, el, "sum");
  const { words } = stage;
  let told = model.get("told");
  let products = unpack(told.products, Float32Array);
  let at = [0, 0];
  let channels = [];

  const steps = makeSteps(words, { stepBy, reset });
  const bar = makeToolbar(words, steps, told.combiners, { predict, ask: (change) => stage.ask(chosen(change)) });
  const guess = makeGuess(words, { told: () => told, at: () => at, stepBy, reveal: () => showPlace(true) });
  const heads = Object.fromEntries(["X", "K", "Y"].map((name) =>
    [name, make("span", { class: `mc-name mc-${name.toLowerCase()}` })]));
  const rows = make("div", { class: "mc-sum-rows" });
  const total = makeTotal(words);
  const Y = makeGrid(stage, { label: words.Y, role: "y", onPick: goTo, follow: true });
  const result = make("div", { class: "mc-sum-result" }, heads.Y, Y.element);
  const sides = makeSides(stage, goTo);
  const left = make("div", { class: "mc-sum-left" },
    make("div", { class: "mc-sum-heads" }, heads.X, heads.K), rows, total.element);
  const machine = make("div", { class: "mc-sum-machine" }, left,
    make("div", { class: "mc-sum-right" }, result, sides.elements));
  stage.root.append(bar.element, guess.element, machine,
    make("p", { class: "mc-quiet mc-sum-how" }, words.how));

  const resized = new ResizeObserver(fit);
  resized.observe(stage.frame);
  stage.atEnd(() => resized.disconnect());
  stage.atEnd(steps.stop);
  stage.onTold((next) => {
    const changed = String(next.truth) !== String(told.truth);
    told = next;
    products = unpack(told.products, Float32Array);
    if (changed) guess.forget(); // new numbers have not been guessed
    redraw();
    if (changed) guess.ask();
  });
  stage.onTheme(redraw);
  redraw();
  return stage.end;

  // ---- what the learner does

  function goTo(i, j, { drop = false } = {}) {
    const [h, w] = sizeOf(told);
    at = [Math.min(Math.max(i, 0), h - 1), Math.min(Math.max(j, 0), w - 1)];
    guess.ask();
    showPlace(drop);
  }

  function stepBy(count) {
    goTo(...placeAfter(at, count, sizeOf(told)), { drop: true });
  }

  function reset() {
    stage.ask(chosen(told.start));
    goTo(0, 0);
  }

  function edit(name, c, i, j, value) {
    const tensor = structuredClone(stage.wanted()[name]);
    tensor[c][i][j] = value;
    stage.ask(chosen({ [name]: tensor }));
  }

  /** All that Python must know: what is chosen now, with one change. */
  function chosen(change) {
    const { X, K, combiner, channels = X.length } = stage.wanted();
    return { X, K, combiner, channels, predict: guess.isOn(), ...change };
  }

  function predict() {
    steps.stop();
    guess.turn();
    if (guess.isOn()) stage.ask(chosen({ combiner: "sum" }));
    guess.ask();
    redraw();
    if (guess.isOn()) guess.focus();
  }

  // ---- drawing

  function redraw() {
    const { X, K } = told;
    const [h, w] = sizeOf(told);
    at = [Math.min(at[0], h - 1), Math.min(at[1], w - 1)];
    while (channels.length > X.length) channels.pop().element.remove();
    while (channels.length < X.length) {
      const channel = makeChannel(stage, channels.length, { edit, goTo, at: () => at });
      channels.push(channel);
      rows.append(channel.element);
    }
    const shape = (T) => `(${[...(told.flat ? [] : [T.length]), T[0].length, T[0][0].length].join(", ")})`;
    heads.X.replaceChildren("X ", make("small", {}, shape(X)));
    heads.K.replaceChildren("K ", make("small", {}, shape(K)));
    heads.Y.replaceChildren("Y ", make("small", {}, `(${h}, ${w})`));
    bar.show(told, guess.isOn());
    const limits = { X: largest(X), K: largest(told.kernels) };
    channels.forEach((channel, c) => channel.show(told, limits, c));
    sides.show(told, guess.isOn());
    stage.frame.classList.toggle("mc-sum-astray", told.wrong.flat().some(Boolean));
    showPlace(false);
  }

  function showPlace(drop) {
    const [i, j] = at;
    const hidden = guess.isHidden(i, j);
    Y.show(told.Y.map((line, a) => line.map((value, b) => (guess.isHidden(a, b) ? "?" : value))),
      largest(told.Y, told.truth));
    told.wrong.forEach((line, a) => line.forEach((apart, b) =>
      mark(words, Y.cell(a, b), apart && !guess.isHidden(a, b))));
    Y.here(i, j);
    sides.here(i, j);
    const term = String(told.theirs?.first) === String(at) ? told.theirs.term : null;
    const scale = [Math.min(0, ...told.running.flat(2)), Math.max(0, ...told.running.flat(2))];
    channels.forEach((channel, c) => channel.place(told, {
      i, j, scale, hidden, products: productsOf(c), term: term && term[0] === c ? term : null,
    }, c));
    total.show(told, { i, j, scale, hidden, products: productsOf(0) });
    stage.say(inWords(words, told, { i, j, hidden, products: productsOf(0) }));
    if (drop && !hidden) dropInto(total.number, Y.cell(i, j));
  }

  /** The products of one channel at the window's place, row after row. */
  function productsOf(c) {
    const count = told.K[0].length * told.K[0][0].length;
    const start = ((at[0] * sizeOf(told)[1] + at[1]) * told.X.length + c) * count;
    return products.subarray(start, start + count);
  }

  /** Cells as large as the width allows. */
  function fit() {
    const width = stage.frame.clientWidth - 30;
    if (width <= 0) return;
    const pixels = cellSize(told, width);
    stage.frame.style.setProperty("--mc-cell", `${pixels}px`);
    stage.frame.classList.toggle("mc-sum-tight", pixels < 28);
  }
}

/** Rows and columns of Y. */
function sizeOf({ truth }) {
  return [truth.length, truth[0].length];
}

/** The place some steps further, row by row; after the last one comes the first. */
function placeAfter([i, j], count, [h, w]) {
  const next = (i * w + j + count + h * w) % (h * w);
  return [Math.floor(next / w), next % w];
}

/** The side of a cell in pixels, so that X, K, the products and Y fit into a width. */
function cellSize({ X, K, truth }, width) {
  const w = X[0][0].length, k_w = K[0][0].length, w_o = truth[0].length;
  const narrow = width < 640;
  const columns = narrow ? Math.max(w, k_w * 2.5 + 2) : w + k_w * 2.45 + w_o;
  const cell = (width - (narrow ? 10 : 300)) / columns - 2;
  return Math.floor(Math.min(Math.max(cell, 20), 36));
}

/** The place of the window in a sentence. */
function inWords(words, told, { i, j, hidden, products }) {
  if (hidden) return fill(words.at_hidden, { i, j });
  const here = fill(words.at, { i, j, sum: addition(told, i, j, words, products) });
  if (told.combiner === "sum") return here;
  const wrong = told.wrong.flat().filter(Boolean).length;
  const compared = wrong
    ? fill(words.apart, { wrong, all: told.wrong.flat().length, truth: short(told.truth[i][j]) })
    : words.all_right;
  return `${here} ${compared}`;
}

/** Mark a cell that differs from the truth. */
function mark(words, cell, apart) {
  cell.classList.toggle("mc-sum-apart", Boolean(apart));
  if (apart) cell.setAttribute("aria-description", words.differs);
  else cell.removeAttribute("aria-description");
}

// ---- the buttons

/** The buttons that step by hand, and the one that steps by itself until it is pressed again. */
function makeSteps(words, { stepBy, reset }) {
  let timer = 0;
  const byHand = (sign, label, go) => makeButton(sign, () => { stop(); go(); }, { label });
  const player = makeButton("▶", play, { label: words.play });
  const element = make("span", { class: "mc-sum-steps" }, byHand("⟲", words.reset, reset),
    byHand("‹", words.back, () => stepBy(-1)), player, byHand("›", words.step, () => stepBy(1)));

  function play() {
    if (timer) return stop();
    sign("❚❚", words.pause);
    stepBy(1);
    timer = setInterval(() => stepBy(1), STEP_TIME);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    sign("▶", words.play);
  }

  function sign(text, label) {
    player.textContent = text;
    player.setAttribute("aria-label", label);
    player.title = label;
  }

  return { element, stop };
}

function makeToolbar(words, steps, combiners, { ask, predict }) {
  const combiner = makeChoice(words.combiner, combiners, (value) => ask({ combiner: value }));
  const counter = makeCounter(words.channels, 1, 4, (count) => ask({ channels: count }));
  const predictButton = makeButton(words.predict, predict, { pressed: false });
  const element = make("div", { class: "mc-bar" },
    steps.element, combiner.element, counter.element, predictButton);
  function show(told, predicting) {
    combiner.select.value = told.combiner;
    combiner.select.disabled = predicting;
    counter.show(told.X.length);
    predictButton.setAttribute("aria-pressed", predicting);
  }
  return { element, show };
}

// ---- guessing

/**
 * The game of guessing the numbers of Y: all are hidden until the learner has guessed them.
 *
 * told(), at() : what there is to draw, and the place of the window
 * stepBy(count) : moves the window on
 * reveal() : called when the number at the window has been guessed
 */
function makeGuess(words, { told, at, stepBy, reveal }) {
  let on = false, streak = 0, seen = new Set();
  const input = make("input", { class: "mc-input", inputmode: "decimal", size: 7, autocomplete: "off" });
  const question = make("span");
  const look = make("button", { class: "mc-button", type: "submit" }, words.look);
  const next = makeButton(words.next, () => { stepBy(stepsToHidden()); input.focus(); });
  const verdict = make("p", { class: "mc-sum-verdict", role: "status" });
  const form = make("form", { class: "mc-bar" }, make("label", {}, question, input), look, next);
  const element = make("div", { class: "mc-sum-guess", hidden: true }, form, verdict);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = parsed(input.value);
    if (value !== null) judge(value);
    else if (input.value.trim()) verdict.textContent = fill(words.no_number, { text: input.value });
  });

  function judge(value) {
    const [i, j] = at(), right = told().truth[i][j];
    if (!isHidden(i, j)) return sayAgain();
    const good = nearly(value, right);
    streak = good ? streak + 1 : 0;
    verdict.textContent = good
      ? fill(words.right_guess, { truth: short(right), streak })
      : [fill(words.wrong_guess, { guess: short(value), truth: short(right) }),
        causeOf(told().patterns, [i, j], value, right)].join(" ");
    verdict.classList.toggle("mc-sum-good", good);
    seen.add(String([i, j]));
    reveal();
    next.focus();
  }

  function sayAgain() {
    const [h, w] = sizeOf(told()), [i, j] = at();
    const sentence = seen.size < h * w ? words.guessed_here : words.all_guessed;
    verdict.textContent = fill(sentence, { truth: short(told().truth[i][j]) });
  }

  /** Ask for the number at the window. */
  function ask() {
    const [i, j] = at();
    question.textContent = fill(words.guess, { i, j });
    input.value = "";
    verdict.textContent = "";
    verdict.classList.remove("mc-sum-good");
    if (on && !isHidden(i, j)) sayAgain();
  }

  /** Begin the game anew, or end it. */
  function turn() {
    on = !on;
    streak = 0;
    seen = new Set();
    element.hidden = !on;
  }

  function isHidden(i, j) {
    return on && !seen.has(String([i, j]));
  }

  /** How far it is to the next place that is still hidden; one step if there is none. */
  function stepsToHidden() {
    const [h, w] = sizeOf(told());
    for (let count = 1; count < h * w; count += 1) {
      if (isHidden(...placeAfter(at(), count, [h, w]))) return count;
    }
    return 1;
  }

  return {
    element, ask, turn, isHidden,
    isOn: () => on, focus: () => input.focus(), forget: () => { seen = new Set(); },
  };
}

/** The sentence of the first known pattern that gives this wrong number at this place. */
function causeOf(patterns, [i, j], value, right) {
  const found = patterns.find((pattern) => {
    const number = pattern.values ? pattern.values[i][j] : pattern.value;
    return nearly(number, value) && !nearly(number, right);
  });
  return found?.sentence ?? "";
}

function nearly(one, other) {
  return one !== null && Math.abs(one - other) <= 1e-4 * Math.max(1, Math.abs(other));
}

// ---- beside Y

/** The truth, where the rule is another one, and what the learner's function gives. */
function makeSides(stage, goTo) {
  const { words } = stage;
  const truth = makeSide(stage, goTo), yours = makeSide(stage, goTo);
  const sentence = make("p", { class: "mc-sum-sentence" });
  let first = null;
  const difference = makeButton(words.go_there, () => first && goTo(...first));
  yours.element.append(sentence, difference);

  function show(told, predicting) {
    truth.element.hidden = told.combiner === "sum";
    if (!truth.element.hidden) truth.show(words.truth, told.truth);
    const { theirs } = told;
    yours.element.hidden = !theirs || predicting; // it would give the answer away
    if (theirs) showTheirs(theirs, told.truth);
  }

  function showTheirs({ name, values, apart, sentence: said, cause, first: place }, right) {
    const numbers = values?.flat().filter((value) => typeof value === "number") ?? [];
    const grid = yours.show(fill(words.yours, { name }), values, largest(numbers, right));
    values?.forEach((line, i) => line.forEach((_, j) => mark(words, grid.cell(i, j), apart?.[i][j])));
    sentence.textContent = [said, cause].filter(Boolean).join(" ");
    first = place;
    difference.hidden = !first;
  }

  return {
    elements: [truth.element, yours.element], show,
    here: (i, j) => [truth, yours].forEach((side) => side.here(i, j)),
  };
}

/** A name, and below it a grid of numbers where there are any. */
function makeSide(stage, goTo) {
  const title = make("div", { class: "mc-quiet" });
  const element = make("div", { class: "mc-sum-side", hidden: true }, title);
  let grid = null;
  function show(name, values, limit) {
    title.textContent = name;
    if (!grid && values) {
      grid = makeGrid(stage, { label: name, role: "y", onPick: goTo, follow: true });
      title.after(grid.element);
    }
    if (grid) grid.element.hidden = !values;
    if (values) grid.show(values, limit);
    return grid;
  }
  return { element, show, here: (i, j) => grid?.here(i, j) };
}

// ---- the channels and their sum

/** One channel: X with the window, its kernel, the products, and the bar of its share. */
function makeChannel(stage, c, { edit, goTo, at }) {
  const { words } = stage;
  const X = makeGrid(stage, {
    label: fill(words.X, { c }), role: "x", onEdit: (i, j, value) => edit("X", c, i, j, value),
  });
  const K = makeGrid(stage, {
    label: fill(words.K, { c }), role: "k", onEdit: (i, j, value) => edit("K", c, i, j, value),
  });
  const products = make("div", { class: "mc-sum-products", role: "table", "aria-label": fill(words.products, { c }) });
  // One window for the keys and for screen readers: all channels move together.
  const frame = make("div", { class: "mc-window", ...(c === 0
    ? { role: "slider", tabindex: 0, "aria-label": words.window } : { "aria-hidden": "true" }) });
  const track = makeTrack();
  const element = make("div", { class: "mc-sum-channel", role: "group", "aria-label": fill(words.channel, { c }) },
    make("div", { class: "mc-quiet mc-sum-title" }, fill(words.channel, { c })),
    make("div", { class: "mc-sum-input" }, X.element, frame),
    make("span", { class: "mc-sum-sign" }, "⋆"), K.element,
    make("div", { class: "mc-sum-equals" }, make("span", { class: "mc-sum-sign" }, "="), products),
    track.element);
  let cells = [];

  dragWindow();
  frame.addEventListener("keydown", (event) => {
    const step = stepOf(event);
    if (!step) return;
    event.preventDefault();
    goTo(at()[0] + step[0], at()[1] + step[1]);
  });

  /** Take the window anywhere and draw it along. */
  function dragWindow() {
    let held = null;
    const cellUnder = (event) => {
      const first = X.cell(0, 0).getBoundingClientRect();
      const pitch = first.width + 2;
      return [Math.floor((event.clientY - first.top) / pitch), Math.floor((event.clientX - first.left) / pitch)];
    };
    X.element.addEventListener("pointerdown", (event) => {
      if (event.button || !event.target.closest(".mc-sum-inside")) return;
      const [i, j] = cellUnder(event);
      held = [i - at()[0], j - at()[1]];
    });
    X.element.addEventListener("pointermove", (event) => {
      if (!held || !(event.buttons & 1)) return;
      const [i, j] = cellUnder(event);
      const [a, b] = [i - held[0], j - held[1]];
      if (a === at()[0] && b === at()[1]) return;
      X.element.setPointerCapture(event.pointerId);
      goTo(a, b);
    });
    for (const end of ["pointerup", "pointercancel"]) X.element.addEventListener(end, () => { held = null; });
  }

  function show(told, limits) {
    X.show(told.X[c], limits.X);
    K.show(told.kernels[c], limits.K);
    const lent = told.combiner === "shared" && c > 0;
    K.element.classList.toggle("mc-sum-lent", lent);
    const [k_h, k_w] = [told.K[0].length, told.K[0][0].length];
    frame.style.setProperty("--mc-tall", k_h);
    frame.style.setProperty("--mc-wide", k_w);
    frame.setAttribute("aria-valuemax", told.truth.length * told.truth[0].length - 1);
    frame.setAttribute("aria-valuemin", 0);
    if (cells.length !== k_h || cells[0].length !== k_w) {
      products.style.setProperty("--mc-columns", k_w);
      cells = Array.from({ length: k_h }, () => Array.from({ length: k_w }, () =>
        ({ x: make("b", { class: "mc-x" }), k: make("b", { class: "mc-k" }), product: make("span") })));
      products.replaceChildren(...cells.map((line) => make("div", { class: "mc-sum-line", role: "row" },
        line.map(({ x, k, product }) => make("div", { class: "mc-sum-product", role: "cell" },
          make("span", { class: "mc-sum-factors" }, x, "·", k), product)))));
    }
  }

  function place(told, { i, j, scale, hidden, products, term }) {
    const most = largest(...products);
    told.X[c].forEach((line, a) => line.forEach((_, b) => X.cell(a, b).classList.toggle("mc-sum-inside",
      a >= i && a < i + told.K[0].length && b >= j && b < j + told.K[0][0].length)));
    frame.style.setProperty("--mc-i", i);
    frame.style.setProperty("--mc-j", j);
    frame.setAttribute("aria-valuenow", i * told.truth[0].length + j);
    frame.setAttribute("aria-valuetext", fill(words.window_at, { i, j }));
    cells.forEach((line, a) => line.forEach(({ x, k, product }, b) => {
      const value = products[a * line.length + b];
      x.textContent = short(told.X[c][i + a][j + b]);
      k.textContent = factor(told.kernels[c][a][b]);
      product.textContent = hidden ? "?" : short(value, most);
      const cell = product.parentElement;
      cell.classList.toggle("mc-sum-apart", Boolean(term && term[1] === a && term[2] === b));
      if (hidden) { cell.style.backgroundColor = ""; cell.style.setProperty("--mc-ink", "inherit"); }
    }));
    const [share, counted] = [told.shares[c][i][j], told.counted[c][i][j]];
    const end = told.running[c][i][j];
    const text = fill(told.shown, { share: short(share), counted: short(counted), channels: told.X.length });
    const soFar = c && !hidden ? fill(words.so_far, { total: short(end) }) : "";
    track.show({ from: end - counted, to: end, scale, text, soFar, hidden });
  }

  return { element, show, place };
}

/** A signed bar on an axis that all bars share: it goes from one number to another. */
function makeTrack() {
  const zero = make("div", { class: "mc-sum-zero" });
  const segment = make("div", { class: "mc-sum-segment" });
  const label = make("b");
  const after = make("span", { class: "mc-quiet" });
  const element = make("div", { class: "mc-sum-track" },
    make("div", { class: "mc-sum-axis" }, zero, segment),
    make("div", { class: "mc-sum-share" }, label, after));
  function show({ from, to, scale: [least, most], text = "", soFar = "", hidden }) {
    const share = (value) => (most > least ? (100 * (value - least)) / (most - least) : 0);
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    zero.style.left = `${share(0)}%`;
    segment.style.clipPath = `inset(0 ${100 - share(high)}% 0 ${share(low)}% round 3px)`;
    segment.classList.toggle("mc-sum-minus", to < from);
    segment.style.visibility = hidden ? "hidden" : "";
    label.textContent = hidden ? "?" : text;
    after.textContent = soFar;
  }
  return { element, show };
}

/** The last line: the addition in numbers, and the bar of the total. */
function makeTotal(words) {
  const sum = make("span", { class: "mc-sum-addition" });
  const number = make("strong", { class: "mc-sum-total" });
  const track = makeTrack();
  const element = make("div", { class: "mc-sum-foot" }, make("span", { class: "mc-sum-equation" }, sum, number), track.element);
  return {
    element, number,
    show(told, { i, j, scale, hidden, products }) {
      const value = told.Y[i][j];
      const text = addition(told, i, j, words, products);
      sum.textContent = hidden ? "? = " : text.slice(0, text.lastIndexOf("=") + 1) + " ";
      number.textContent = hidden ? "?" : short(value);
      track.show({ from: 0, to: value, scale, hidden });
    },
  };
}

/** 19 + 37 = 56, as the chosen rule has it; with one channel, the sum of its products. */
function addition(told, i, j, words, products) {
  const total = short(told.Y[i][j]);
  const add = (parts) => parts.map((part, at) => (at ? factor(part) : short(part))).join(" + ");
  if (told.combiner === "mean") {
    const sum = add(told.shares.map((map) => map[i][j]));
    return fill(words.mean_of, { sum, channels: told.shares.length, total });
  }
  const alone = told.shares.length === 1 && told.combiner !== "relu";
  return `${add(alone ? [...products] : told.counted.map((map) => map[i][j]))} = ${total}`;
}

/** Let the total fall into its place in Y. */
function dropInto(number, cell) {
  if (movesLittle() || !cell.animate) return;
  const [from, to] = [number.getBoundingClientRect(), cell.getBoundingClientRect()];
  const x = from.left + from.width / 2 - to.left - to.width / 2;
  const y = from.top + from.height / 2 - to.top - to.height / 2;
  const drop = make("span", { class: "mc-sum-drop", "aria-hidden": "true" }, number.textContent);
  cell.parentElement.parentElement.append(drop);
  drop.style.left = `${cell.offsetLeft}px`;
  drop.style.top = `${cell.offsetTop}px`;
  drop.animate([
    { transform: `translate(${x}px, ${y}px)`, opacity: 1 },
    { transform: `translate(${x * 0.4}px, ${Math.min(y, 0) - 18}px)`, opacity: 1, offset: 0.55 },
    { transform: "translate(0, 0)", opacity: 0.9 },
  ], { duration: 480, easing: "ease-in-out" }).finished.finally(() => drop.remove());
}

export default { render };
