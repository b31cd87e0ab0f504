// The sum machine: a window on every channel, the shares as bars, the total dropping into Y.

const STEP_TIME = 1100;

function render({ model, el }) {
  const stage = openStage(model, el, "sum");
  const { words } = stage;
  let told = model.get("told");
  let products = unpack(told.products, Float32Array);
  let at = [0, 0];
  let playing = 0;
  let predicting = false;
  let streak = 0;
  let seen = new Set();

  const bar = makeToolbar();
  const guess = makeGuess();
  const heads = {
    X: make("span", { class: "mc-name mc-x" }), K: make("span", { class: "mc-name mc-k" }),
    Y: make("span", { class: "mc-name mc-y" }),
  };
  const rows = make("div", { class: "mc-sum-rows" });
  const total = makeTotal(words);
  const Y = makeGrid(stage, { label: words.Y, role: "y", onPick: goTo, follow: true });
  const result = make("div", { class: "mc-sum-result" }, heads.Y, Y.element);
  const truth = makeSide(words.truth);
  const yours = makeSide("");
  const difference = makeButton(words.go_there, () => told.theirs?.first && goTo(...told.theirs.first));
  const sentence = make("p", { class: "mc-sum-sentence" });
  yours.element.append(sentence, difference);
  const left = make("div", { class: "mc-sum-left" },
    make("div", { class: "mc-sum-heads" }, heads.X, heads.K), rows, total.element);
  const machine = make("div", { class: "mc-sum-machine" }, left,
    make("div", { class: "mc-sum-right" }, result, truth.element, yours.element));
  stage.root.append(bar.element, guess.element, machine,
    make("p", { class: "mc-quiet mc-sum-how" }, words.how));
  let channels = [];

  const resized = new ResizeObserver(fit);
  resized.observe(stage.frame);
  stage.atEnd(() => resized.disconnect());
  stage.atEnd(stop);
  stage.onTold((next) => {
    const changed = String(next.truth) !== String(told.truth);
    told = next;
    products = unpack(told.products, Float32Array);
    if (changed) seen = new Set(); // new numbers have not been guessed
    redraw();
    if (changed) guess.ask();
  });
  stage.onTheme(redraw);
  redraw();
  return stage.end;

  // ---- what the learner does

  function goTo(i, j, { drop = false } = {}) {
    const [h, w] = size();
    at = [Math.min(Math.max(i, 0), h - 1), Math.min(Math.max(j, 0), w - 1)];
    guess.ask();
    showPlace(drop);
  }

  function stepBy(count, drop = true) {
    const [h, w] = size();
    const next = (at[0] * w + at[1] + count + h * w) % (h * w);
    goTo(Math.floor(next / w), next % w, { drop });
  }

  function play() {
    if (playing) return stop();
    bar.play.textContent = "❚❚";
    bar.play.setAttribute("aria-label", words.pause);
    bar.play.title = words.pause;
    stepBy(1);
    playing = setInterval(() => stepBy(1), STEP_TIME);
  }

  function stop() {
    clearInterval(playing);
    playing = 0;
    bar.play.textContent = "▶";
    bar.play.setAttribute("aria-label", words.play);
    bar.play.title = words.play;
  }

  function edit(name, c, i, j, value) {
    const tensor = structuredClone(stage.wanted()[name]);
    tensor[c][i][j] = value;
    stage.ask(chosen({ [name]: tensor }));
  }

  /** All that Python must know: what is chosen now, with one change. */
  function chosen(change) {
    const { X, K, combiner, channels = X.length } = stage.wanted();
    return { X, K, combiner, channels, predict: predicting, ...change };
  }

  function predict() {
    predicting = !predicting;
    stop();
    streak = 0;
    seen = new Set();
    bar.predict.setAttribute("aria-pressed", predicting);
    if (predicting) stage.ask(chosen({ combiner: "sum" }));
    guess.element.hidden = !predicting;
    guess.ask();
    redraw();
    if (predicting) guess.focus();
  }

  // ---- what is on the page

  function makeToolbar() {
    const reset = makeButton("⟲", () => {
      stop();
      stage.ask(chosen(told.start));
      goTo(0, 0);
    }, { label: words.reset });
    const back = makeButton("‹", () => { stop(); stepBy(-1); }, { label: words.back });
    const playButton = makeButton("▶", play, { label: words.play });
    const step = makeButton("›", () => { stop(); stepBy(1); }, { label: words.step });
    const combiner = makeChoice(words.combiner, model.get("told").combiners,
      (value) => stage.ask(chosen({ combiner: value })));
    const counter = makeCounter(words.channels, 1, 4, (count) => stage.ask(chosen({ channels: count })));
    const predictButton = makeButton(words.predict, predict, { pressed: false });
    const element = make("div", { class: "mc-bar" },
      make("span", { class: "mc-sum-steps" }, reset, back, playButton, step),
      combiner.element, counter.element, predictButton);
    return { element, play: playButton, predict: predictButton, combiner, counter, step, back };
  }

  function makeGuess() {
    const input = make("input", { class: "mc-input", inputmode: "decimal", size: 7, autocomplete: "off" });
    const label = make("label", {}, make("span"), input);
    const look = make("button", { class: "mc-button", type: "submit" }, words.look);
    const next = makeButton(words.next, () => { stepBy(stepsToHidden()); input.focus(); });
    const verdict = make("p", { class: "mc-sum-verdict", role: "status" });
    const form = make("form", { class: "mc-bar" }, label, look, next);
    const element = make("div", { class: "mc-sum-guess", hidden: true }, form, verdict);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = parsed(input.value);
      if (value === null) {
        if (input.value.trim()) verdict.textContent = fill(stage.words.no_number, { text: input.value });
        return;
      }
      if (!isHidden(...at)) return sayAgain();
      const right = told.truth[at[0]][at[1]];
      const good = Math.abs(value - right) <= 1e-4 * Math.max(1, Math.abs(right));
      streak = good ? streak + 1 : 0;
      verdict.textContent = good
        ? fill(words.right_guess, { truth: short(right), streak })
        : [fill(words.wrong_guess, { guess: short(value), truth: short(right) }), cause(value, right)].join(" ");
      verdict.classList.toggle("mc-sum-good", good);
      seen.add(String(at));
      showPlace(true);
      next.focus();
    });
    function sayAgain() {
      const [h, w] = size(), [i, j] = at;
      const sentence = seen.size < h * w ? words.guessed_here : words.all_guessed;
      verdict.textContent = fill(sentence, { truth: short(told.truth[i][j]) });
    }
    return {
      element,
      focus: () => input.focus(),
      ask() {
        label.firstChild.textContent = fill(words.guess, { i: at[0], j: at[1] });
        input.value = "";
        verdict.textContent = "";
        verdict.classList.remove("mc-sum-good");
        if (predicting && !isHidden(...at)) sayAgain();
      },
    };
  }

  /** The sentence of the first known pattern that gives this wrong number here. */
  function cause(value, right) {
    const same = (one, other) => one !== null && Math.abs(one - other) <= 1e-4 * Math.max(1, Math.abs(other));
    const found = told.patterns.find((pattern) => {
      const number = pattern.values ? pattern.values[at[0]][at[1]] : pattern.value;
      return same(number, value) && !same(number, right);
    });
    return found?.sentence ?? "";
  }

  function makeSide(name) {
    const title = make("div", { class: "mc-quiet" }, name);
    const element = make("div", { class: "mc-sum-side", hidden: true }, title);
    let grid = null;
    return {
      element, title,
      grid(label) {
        if (!grid) {
          grid = makeGrid(stage, { label, role: "y", onPick: goTo, follow: true });
          title.after(grid.element);
        }
        return grid;
      },
      hideGrid(hidden) { if (grid) grid.element.hidden = hidden; },
    };
  }

  // ---- drawing

  function size() {
    return [told.truth.length, told.truth[0].length];
  }

  function isHidden(i, j) {
    return predicting && !seen.has(String([i, j]));
  }

  /** How far it is to the next place that is still hidden; one step if there is none. */
  function stepsToHidden() {
    const [h, w] = size();
    for (let count = 1; count < h * w; count += 1) {
      const place = (at[0] * w + at[1] + count) % (h * w);
      if (isHidden(Math.floor(place / w), place % w)) return count;
    }
    return 1;
  }

  function redraw() {
    const { X, K } = told;
    const [h, w] = size();
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
    bar.combiner.select.value = told.combiner;
    bar.combiner.select.disabled = predicting;
    bar.counter.show(X.length);
    const limits = { X: largest(X), K: largest(told.kernels) };
    channels.forEach((channel, c) => channel.show(told, limits, c));
    showSides();
    showPlace(false);
  }

  function showSides() {
    const wrongs = told.wrong.flat().filter(Boolean).length;
    truth.element.hidden = told.combiner === "sum";
    if (!truth.element.hidden) truth.grid(words.truth).show(told.truth);
    const theirs = told.theirs;
    yours.element.hidden = !theirs || predicting; // it would give the answer away
    if (theirs) {
      yours.title.textContent = fill(words.yours, { name: theirs.name });
      if (theirs.values) {
        const grid = yours.grid(yours.title.textContent);
        const limit = largest(theirs.values.flat().filter((v) => typeof v === "number"), told.truth);
        grid.show(theirs.values, limit);
        theirs.values.forEach((line, i) => line.forEach((_, j) =>
          mark(grid.cell(i, j), theirs.apart?.[i][j])));
      }
      yours.hideGrid(!theirs.values);
      sentence.textContent = [theirs.sentence, theirs.cause].filter(Boolean).join(" ");
      difference.hidden = !theirs.first;
    }
    stage.frame.classList.toggle("mc-sum-astray", wrongs > 0);
  }

  function mark(cell, apart) {
    cell.classList.toggle("mc-sum-apart", Boolean(apart));
    if (apart) cell.setAttribute("aria-description", words.differs);
    else cell.removeAttribute("aria-description");
  }

  function showPlace(drop) {
    const [i, j] = at;
    const hidden = isHidden(i, j);
    const limit = largest(told.Y, told.truth);
    Y.show(told.Y.map((line, a) => line.map((value, b) => (isHidden(a, b) ? "?" : value))), limit);
    told.wrong.forEach((line, a) => line.forEach((apart, b) => mark(Y.cell(a, b), apart && !isHidden(a, b))));
    for (const grid of [Y, truth.element.hidden ? null : truth.grid(words.truth),
      told.theirs?.values ? yours.grid("") : null]) {
      if (grid) light(grid, i, j);
    }
    const term = String(told.theirs?.first) === String(at) ? told.theirs.term : null;
    const scale = [Math.min(0, ...told.running.flat(2)), Math.max(0, ...told.running.flat(2))];
    channels.forEach((channel, c) => channel.place(told, {
      i, j, scale, hidden, products: productsOf(c), term: term && term[0] === c ? term : null,
    }, c));
    total.show(told, { i, j, scale, hidden, products: productsOf(0) });
    stage.say(inWords(hidden));
    if (drop && !hidden) dropInto(total.number, Y.cell(i, j));
  }

  /** The products of one channel at the window's place, row after row. */
  function productsOf(c) {
    const count = told.K[0].length * told.K[0][0].length;
    const start = ((at[0] * size()[1] + at[1]) * told.X.length + c) * count;
    return products.subarray(start, start + count);
  }

  function light(grid, i, j) {
    grid.element.querySelector(".mc-sum-here")?.classList.remove("mc-sum-here");
    grid.cell(i, j)?.classList.add("mc-sum-here");
    grid.point(i, j);
  }

  function inWords(hidden) {
    const [i, j] = at;
    if (hidden) return fill(words.at_hidden, { i, j });
    const here = fill(words.at, { i, j, sum: addition(told, i, j, words, productsOf(0)) });
    if (told.combiner === "sum") return here;
    const wrong = told.wrong.flat().filter(Boolean).length;
    const compared = wrong
      ? fill(words.apart, { wrong, all: told.wrong.flat().length, truth: short(told.truth[i][j]) })
      : words.all_right;
    return `${here} ${compared}`;
  }

  /** Cells as large as the width allows. */
  function fit() {
    const width = stage.frame.clientWidth - 30;
    if (width <= 0) return;
    const w = told.X[0][0].length, k_w = told.K[0][0].length, w_o = told.truth[0].length;
    const narrow = width < 640;
    const columns = narrow ? Math.max(w, k_w * 2.5 + 2) : w + k_w * 2.45 + w_o;
    const cell = (width - (narrow ? 10 : 300)) / columns - 2;
    const pixels = Math.floor(Math.min(Math.max(cell, 20), 36));
    stage.frame.style.setProperty("--mc-cell", `${pixels}px`);
    stage.frame.classList.toggle("mc-sum-tight", pixels < 28);
  }
}

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
  const frame = make("div", { class: "mc-sum-window", ...(c === 0
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
