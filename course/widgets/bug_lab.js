// The bug lab: paint the tensors until the bug and the truth part. Every number is Python's.

const STORED = "mc-bug-lab";
const LEAST_LIMIT = 3;
const SPARKS = 9;

function render({ model, el }) {
  const stage = openStage(model, el, "bug");
  const { words } = stage;
  let told = model.get("told");
  let brush = 1;
  let values = structuredClone(told.values);
  let shapes = told.shapes; // of these values
  let stroke = null; // the value that a stroke of the brush paints, and what it has touched
  let before = { bug: told.bug, by: told.verdict.by, best: null };

  const chooser = makeChooser();
  const story = makeStory();
  const tools = makeTools();
  const sizes = make("div", { class: "mc-bar mc-bug-sizes", role: "group", "aria-label": words.sizes });
  const easel = make("div", { class: "mc-bug-easel" });
  const results = make("div", { class: "mc-bug-results" });
  const verdict = makeVerdict(words);
  const canvases = told.inputs.map((input) => makeCanvas(input));
  const panels = {
    truth: makePanel(stage, "y"), answer: makePanel(stage, "y"), difference: makePanel(stage, "y"),
  };
  const counters = told.counters.map(([label, , top]) => [
    label, makeCounter(label, 1, top, (size) => resize(label, size)),
  ]);
  sizes.append(...counters.map(([, counter]) => counter.element));
  easel.append(...canvases.map((canvas) => canvas.element));
  results.append(...Object.values(panels).map((panel) => panel.element));
  stage.root.append(chooser.element, story.element, tools.element, sizes, easel, results, verdict.element);

  listenToBrush();
  const resized = new ResizeObserver(fit);
  resized.observe(stage.frame);
  stage.atEnd(() => resized.disconnect());
  stage.onTold((next) => {
    told = next;
    if (!stroke || String(shapes) !== String(told.shapes)) {
      stroke = null; // the cell that it began in may be gone
      [values, shapes] = [structuredClone(told.values), told.shapes];
    }
    redraw();
    celebrate();
  });
  stage.onTheme(redraw);
  // What is the smallest input that exposes this bug? Only of known bugs there is an answer.
  if (!told.n && told.bug !== told.own) stage.ask({}, { patient: true });
  redraw();
  return stage.end;

  // ---- what the learner does

  function ask(change = {}) {
    const { bug, sizes, whole, revealed } = stage.wanted();
    stage.ask({ bug, sizes, shapes, whole, revealed, values, show: false, ...change });
  }

  function resize(label, size) {
    ask({ sizes: { ...stage.wanted().sizes, [label]: size } });
  }

  function clear() {
    values = values.map((numbers) => numbers.map(() => 0));
    ask();
  }

  function reveal() {
    const known = told.revealed.includes(told.bug);
    ask({ revealed: known ? told.revealed.filter((bug) => bug !== told.bug) : [...told.revealed, told.bug] });
  }

  function listenToBrush() {
    easel.addEventListener("pointerdown", (event) => {
      const place = placeOf(event.target);
      if (!place || event.button !== 0 || event.target.closest("input")) return;
      // A finger would stay with the cell that it touched first.
      const { target, pointerId } = event;
      if (target.hasPointerCapture(pointerId)) target.releasePointerCapture(pointerId);
      stroke = { value: valueAt(place) === brush ? 0 : brush };
      put(place, stroke.value);
    });
    const move = (event) => {
      if (!stroke) return;
      if (event.buttons === 0) return lift();
      const place = placeOf(el.getRootNode().elementFromPoint(event.clientX, event.clientY));
      if (place) put(place, stroke.value);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", lift);
    addEventListener("pointercancel", lift);
    stage.atEnd(() => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", lift);
      removeEventListener("pointercancel", lift);
    });
    // Before the grid hears the key: it would open an editor.
    easel.addEventListener("keydown", (event) => {
      const place = placeOf(event.target);
      const erases = event.key === "Delete" || event.key === "Backspace";
      if (!place || event.target.closest("input") || !(event.key === " " || erases)) return;
      event.preventDefault();
      event.stopPropagation();
      put(place, erases || valueAt(place) === brush ? 0 : brush);
      ask();
    }, true);
  }

  function lift() {
    if (!stroke) return;
    stroke = null;
    ask();
  }

  function placeOf(element) {
    const cell = element?.closest?.(".mc-cell");
    const canvas = cell && canvases.find((one) => one.element.contains(cell));
    return canvas ? canvas.place(cell) : null;
  }

  function valueAt({ position, at }) {
    return values[position][at];
  }

  function put({ position, at }, value) {
    if (values[position][at] === value) return;
    values[position][at] = value;
    canvases.find((canvas) => canvas.position === position).paint();
  }

  // ---- what is on the page

  function makeChooser() {
    const choice = makeChoice(words.bug, [], (bug) => ask({ bug }));
    const revealing = makeButton(words.reveal, reveal, { pressed: false });
    const call = make("code", { class: "mc-bug-call" });
    const element = make("div", { class: "mc-bar mc-bug-chooser" }, choice.element, revealing, call);
    function show() {
      call.textContent = told.call;
      revealing.hidden = !told.sentence;
      revealing.setAttribute("aria-pressed", told.revealed.includes(told.bug));
      const titles = told.bugs.map(([key, title]) => [key, `${bestOf(key) ? "✓ " : ""}${title}`]);
      const shown = [...choice.select.options].map((option) => [option.value, option.text]);
      if (JSON.stringify(shown) !== JSON.stringify(titles)) {
        choice.select.replaceChildren(...titles.map(([value, text]) => make("option", { value }, text)));
      }
      choice.select.value = told.bug;
    }
    return { element, show };
  }

  function makeStory() {
    const note = make("p", { class: "mc-quiet" });
    const nature = make("p", {});
    const sentence = make("p", { class: "mc-bug-sentence", role: "status" });
    const element = make("div", { class: "mc-bug-story" }, note, nature, sentence);
    const opened = told.bug;
    function show() {
      write(note, told.bug === opened ? told.note : "");
      write(nature, told.nature);
      write(sentence, told.revealed.includes(told.bug) ? told.sentence : "");
      // Words between backticks are code.
      const parts = sentence.textContent.split("`");
      sentence.replaceChildren(...parts.map((part, at) => (at % 2 ? make("code", {}, part) : part)));
    }
    return { element, show };
  }

  function makeTools() {
    const name = `brush-${Math.random()}`; // radio buttons of one page must not share a group
    const brushes = told.brushes.map((value) => {
      const input = make("input", {
        type: "radio", name, value, checked: value === brush, onchange: () => { brush = value; },
        "aria-label": fill(words.brush_of, { value: short(value) }),
      });
      return make("label", { class: "mc-bug-brush" }, input, make("span", {}, short(value)));
    });
    const palette = make("div", { class: "mc-bug-palette", role: "radiogroup", "aria-label": words.brush },
      make("span", {}, words.brush), ...brushes);
    const whole = told.can_be_whole.map(([position, name]) => {
      const box = make("input", { type: "checkbox", onchange: () => ask({
        whole: box.checked ? [...told.whole, position] : told.whole.filter((one) => one !== position),
      }) });
      const element = make("label", { class: "mc-bug-whole" }, box, fill(words.whole, { name }));
      return { position, box, element };
    });
    const one = makeButton(words.show_one, () => ask({ show: true }));
    const element = make("div", { class: "mc-bar mc-bug-tools" },
      palette, ...whole.map((each) => each.element),
      makeButton(words.clear, clear), one, make("span", { class: "mc-quiet mc-bug-help" }, words.help));
    function show() {
      one.hidden = !told.least;
      whole.forEach(({ position, box }) => { box.checked = told.whole.includes(position); });
    }
    return { element, show };
  }

  /** A tensor to paint. */
  function makeCanvas({ position, name, role }) {
    const panel = makePanel(stage, role, (tile, i, j, value) => {
      put({ position, at: indexOf(tile, i, j) }, value);
      ask();
    });
    const own = () => told.inputs.find((input) => input.position === position);
    const indexOf = (tile, i, j) => {
      const [, rows] = own().tiles[tile];
      return (tile * rows.length + i) * rows[0].length + j;
    };
    function paint() {
      const input = own();
      const tiles = input.tiles.map(([label, rows], tile) => [
        label, rows.map((row, i) => row.map((_, j) => values[position][indexOf(tile, i, j)])), [],
      ]);
      panel.show({ ...input, tiles, limit: Math.max(LEAST_LIMIT, input.limit) }, name);
    }
    function place(cell) {
      return { position, at: indexOf(panel.tileOf(cell), Number(cell.dataset.i), Number(cell.dataset.j)) };
    }
    return { element: panel.element, position, paint, place };
  }

  // ---- drawing

  function redraw() {
    chooser.show();
    story.show();
    tools.show();
    told.counters.forEach(([label, size, top]) => {
      counters.find(([one]) => one === label)[1].show(size, top);
    });
    fit();
    canvases.forEach((canvas) => canvas.paint());
    const limit = Math.max(told.truth.limit, told.answer.limit);
    panels.truth.show({ ...told.truth, limit }, words.truth);
    panels.answer.show({ ...told.answer, limit }, told.name);
    panels.difference.show(told.difference, told.difference.title || words.difference);
    verdict.show(told, bestOf(told.bug));
    const { by, sentence } = told.verdict;
    stage.say(fill(words.said, { state: by ? words.found : words.not_yet, sentence }));
  }

  /** Cells as large as the widest tensor leaves room for. */
  function fit() {
    const room = stage.root.clientWidth;
    if (!room) return;
    const columns = Math.max(...told.inputs.map((input) => columnsOf(input)));
    const cell = Math.floor((room - 8) / columns) - 3;
    stage.frame.style.setProperty("--mc-cell", `${Math.min(Math.max(cell, 22), room < 560 ? 30 : 34)}px`);
  }

  // ---- the score

  /** The smaller of what Python and this session of the browser remember. */
  function bestOf(key) {
    const known = told.bugs.find(([one]) => one === key)?.[2] ?? null;
    const kept = remembered()[`${told.exercise} | ${key}`];
    if (!known || !kept || key === told.own) return known ?? (key === told.own ? null : kept ?? null);
    return less(kept, known) ? kept : known;
  }

  function celebrate() {
    const best = bestOf(told.bug);
    if (best && told.bug !== told.own) remember(`${told.exercise} | ${told.bug}`, best);
    const sameBug = before.bug === told.bug;
    const better = best && before.best && less(best, before.best);
    if (told.verdict.by && !told.shown && sameBug && (!before.by || better)) verdict.cheer();
    before = { bug: told.bug, by: told.verdict.by, best };
  }
}

/** A tensor as named tiles: a head, the tiles, or a text in their place. */
function makePanel(stage, role, onEdit) {
  const name = make("span", { class: `mc-name mc-${role}` });
  const shape = make("small", { class: "mc-quiet" });
  const text = make("p", { class: "mc-bug-text" });
  const tiles = make("div", { class: "mc-bug-tiles" });
  const element = make("div", { class: "mc-bug-panel" },
    make("div", { class: "mc-bug-head" }, name, shape), text, tiles);
  const made = [];

  function makeTile(tile) {
    const label = make("div", { class: "mc-quiet mc-bug-label" });
    const edit = onEdit && ((i, j, value) => onEdit(tile, i, j, value));
    const grid = makeGrid(stage, { label: "", role, onEdit: edit, tapEdits: false });
    return { label, grid, element: make("div", { class: "mc-bug-tile" }, label, grid.element) };
  }

  function show(panel, title) {
    name.textContent = title;
    shape.textContent = panel.shape;
    write(text, panel.text);
    tiles.hidden = panel.tiles.length === 0;
    while (made.length < panel.tiles.length) {
      made.push(makeTile(made.length));
      tiles.append(made.at(-1).element);
    }
    while (made.length > panel.tiles.length) made.pop().element.remove();
    tiles.style.setProperty("--mc-across", panel.across);
    element.classList.toggle("mc-bug-wide", columnsOf(panel) > 3);
    tiles.classList.toggle("mc-bug-deep", panel.tiles.length > panel.across && panel.across > 1);
    panel.tiles.forEach(([label, rows, marked], tile) => {
      write(made[tile].label, label);
      const { grid } = made[tile];
      grid.element.setAttribute("aria-label", label ? `${title}, ${label}` : title);
      grid.show(rows, panel.limit);
      const apart = new Set(marked.map(([i, j]) => `${i} ${j}`));
      rows.forEach((row, i) => row.forEach((_, j) => {
        const cell = grid.cell(i, j), differs = apart.has(`${i} ${j}`);
        cell.classList.toggle("mc-bug-differs", differs);
        if (!differs) return;
        cell.setAttribute("aria-label", fill(stage.words.differs, { cell: cell.getAttribute("aria-label") }));
      }));
    });
  }

  function tileOf(cell) {
    return made.findIndex((tile) => tile.element.contains(cell));
  }

  return { element, show, tileOf };
}

/** Found or not, why, and the three scores. */
function makeVerdict(words) {
  const badge = make("span", { class: "mc-bug-badge", "aria-hidden": "true" });
  const state = make("strong", { class: "mc-bug-state" });
  const sentence = make("span", {});
  const next = make("p", { class: "mc-quiet" });
  const [now, best, least] = [words.painted, words.best, words.least].map((label) => makeScore(label));
  const card = make("div", { class: "mc-bug-verdict" }, badge,
    make("div", { class: "mc-bug-said" }, make("p", {}, state, " ", sentence), next),
    make("div", { class: "mc-bug-scores" }, now.element, best.element, least.element));

  function makeScore(label) {
    const number = make("b", {}), cells = make("small", { class: "mc-quiet" });
    const element = make("div", { class: "mc-bug-score", role: "group", "aria-label": label },
      make("div", { class: "mc-quiet" }, label), make("div", { class: "mc-bug-count" }, number, cells));
    function show(score) {
      number.textContent = score ? score[0] : "–";
      cells.textContent = score ? fill(words.of_cells, { cells: score[1] }) : words.none_yet;
    }
    return { element, show };
  }

  function show(told, smallest) {
    const found = Boolean(told.verdict.by);
    card.classList.toggle("mc-bug-found", found);
    badge.textContent = found ? "✓" : "…";
    state.textContent = found ? words.found : words.not_yet;
    sentence.textContent = told.verdict.sentence;
    write(next, found ? whatNext(told) : "");
    now.show(told.score);
    best.show(smallest);
    least.show(told.least);
    least.element.hidden = !told.least;
  }

  function whatNext({ score, least, shown }) {
    if (shown) return words.was_shown;
    if (!least) return words.go_on;
    if (score[0] === 0 && less(least, score)) return words.zeros_do;
    if (less(score, least)) return words.smaller;
    return less(least, score) ? words.go_on : words.as_small;
  }

  /** A few sparks in the three colours. None for those who want stillness. */
  function cheer() {
    if (movesLittle()) return;
    const sparks = Array.from({ length: SPARKS }, (_, at) => make("i", {
      class: "mc-bug-spark", "aria-hidden": "true",
      style: `--mc-turn: ${(360 / SPARKS) * at}deg; background: var(--mc-${"xky"[at % 3]})`,
    }));
    badge.append(...sparks);
    card.classList.remove("mc-bug-joy");
    void card.offsetWidth; // so that the same animation starts again
    card.classList.add("mc-bug-joy");
    setTimeout(() => sparks.forEach((spark) => spark.remove()), 1200);
  }

  return { element: card, show, cheer };
}

/** Cells across: a filter bank keeps its rows together, channels may go on another line. */
function columnsOf({ tiles, across }) {
  const width = tiles[0]?.[1][0].length ?? 1;
  return tiles.length > across ? across * (width + 0.6) : width;
}

function write(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

/** Fewer painted cells; with as many, fewer cells in all. */
function less(one, other) {
  return one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED)) ?? {};
  } catch {
    return {}; // a page without storage
  }
}

function remember(key, score) {
  try {
    sessionStorage.setItem(STORED, JSON.stringify({ ...remembered(), [key]: score }));
  } catch {
    // Python remembers, too.
  }
}

export default { render };
