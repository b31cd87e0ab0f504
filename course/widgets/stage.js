// What every widget shares. Python puts this text before the widget's own script, so that each
// widget arrives in one piece and nothing is fetched. The numbers are Python's: see stage.py.

const MINUS = "\u2212";

/** An element: make("div", {class: "mc-row", onclick: go}, "text", child). */
function make(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

/** The same for a drawing. */
function draw(tag, attributes = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Put values into a sentence: fill("row {i}", {i: 2}). */
function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A number in at most six characters, as course/figures/numbers.py writes it. */
function short(value, largest = 0) {
  const size = Math.abs(value);
  if (size <= 1e-6 * largest || size === 0) return "0";
  if (size >= 99999.5 || size < 0.005) {
    const [digits, power] = value.toExponential(1).split("e");
    return `${digits.replace(/\.0$/, "")}e${Number(power)}`.replaceAll("-", MINUS);
  }
  const text = fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : 2);
  return (text.includes(".") ? text.replace(/\.?0+$/, "") : text).replace("-", MINUS);
}

/** As toFixed, but halves go to the even side, as in Python: 100.25 is 100.2. */
function fixed(value, decimals) {
  const scaled = value * 10 ** decimals;
  const half = Number.isInteger(value * 2 ** (decimals + 1)) && Math.abs(scaled % 1) === 0.5;
  const down = half && Math.trunc(scaled) % 2 === 0;
  return (down ? Math.trunc(scaled) / 10 ** decimals : value).toFixed(decimals);
}

/** The same as the second part of a sum or product: a negative number stands in brackets. */
function factor(value, largest = 0) {
  const text = short(value, largest);
  return text.startsWith(MINUS) ? `(${text})` : text;
}

/** How broad a number is, in digits: a minus sign is broader than a digit, a point is narrower. */
function breadth(text) {
  return text.length + (text.includes(MINUS) ? 0.3 : 0) - (text.includes(".") ? 0.5 : 0);
}

/** What a learner typed as a number, or null. */
function parsed(text) {
  const plain = text.trim().replaceAll(MINUS, "-").replace(",", ".");
  const value = Number(plain);
  return plain === "" || !Number.isFinite(value) ? null : value;
}

/** The largest absolute value in nested lists, where their colour scale ends. */
function largest(...values) {
  return values.flat(Infinity).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Numbers from the base64 that `packed` wrote. */
function unpack(text, Kind) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return new Kind(bytes.buffer);
}

/** Rows and columns that an arrow key moves by; null for other keys, and for the browser's own. */
function stepOf({ key, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return null;
  return { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key] ?? null;
}

function movesLittle() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * The frame of a widget: its place on the page, its words, its one line of help, its live voice.
 *
 * stage.root      the element to fill
 * stage.words     what to say, translated
 * stage.ask({..}) ask Python; `told` will answer; a patient question does not mind a busy Python
 * stage.wanted()  what is chosen now: the question on its way, or what Python has told
 * stage.say(text) show a line below, and read it aloud
 * stage.paint(element, role, value, limit) colour an element: role "x", "k" or "y"
 * stage.onTold(draw)  call draw(told) with each answer
 * stage.onTheme(draw) call draw() when JupyterLab changes between light and dark
 * stage.end()     forget everything; return it from render
 */
function openStage(model, el, kind) {
  const words = model.get("words");
  const voice = make("p", { class: "mc-voice", role: "status", "aria-live": "polite" });
  const problem = make("p", { class: "mc-problem", role: "alert", hidden: true });
  const root = make("div", { class: "mc-body" });
  const frame = make("section", { class: `mc-stage mc-${kind}`, "aria-label": model.get("name") },
    root, problem, voice);
  keepKeys(frame);
  el.append(frame);
  const ends = [];
  let waiting = 0;

  function complain(text) {
    problem.hidden = !text;
    problem.textContent = text ?? "";
  }

  function ask(changes, { patient = false } = {}) {
    const n = Math.max(model.get("asked").n ?? 0, model.get("told").n ?? 0) + 1;
    model.set("asked", { ...model.get("asked"), ...changes, n });
    model.save_changes();
    clearTimeout(waiting);
    if (!patient) waiting = setTimeout(() => complain(words.no_answer), 4000);
    return n;
  }

  /** Where two changes follow each other faster than Python answers, the second builds on this. */
  function wanted() {
    const asked = model.get("asked"), told = model.get("told");
    return (asked.n ?? 0) > (told.n ?? 0) ? asked : told;
  }

  function onTold(show) {
    const answer = () => {
      const told = model.get("told");
      if ((told.n ?? 0) < (model.get("asked").n ?? 0)) return; // a newer question is on its way
      clearTimeout(waiting);
      complain(told.problem);
      show(told);
    };
    model.on("change:told", answer);
    ends.push(() => model.off("change:told", answer));
  }

  let colours = readColours(frame), theme = 0;
  function paint(element, role, value, limit) {
    const { back, ink } = shade(colours, role, value, limit);
    element.style.backgroundColor = back;
    element.style.color = ink;
  }
  function onTheme(redraw) {
    const observer = new MutationObserver(() => {
      colours = readColours(frame);
      theme += 1;
      redraw();
    });
    observer.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
    // Styles and place arrive after render returns.
    const first = requestAnimationFrame(() => {
      colours = readColours(frame);
      theme += 1;
      redraw();
    });
    ends.push(() => observer.disconnect(), () => cancelAnimationFrame(first));
  }

  ends.push(() => clearTimeout(waiting));
  return {
    root, frame, words, ask, wanted, onTold, onTheme, paint, complain,
    say: (text) => { voice.textContent = text; },
    theme: () => theme,
    colour: (role, value, limit) => shade(colours, role, value, limit),
    atEnd: (forget) => ends.push(forget),
    end: () => ends.forEach((forget) => forget()),
  };
}

/**
 * JupyterLab's shortcuts, such as d d for "delete the cell", must not hear the keys pressed here.
 * Its attribute counts on the element in focus only. With Ctrl or Cmd held they work as ever.
 */
function keepKeys(frame) {
  for (const event of ["focusin", "keydown", "keyup"]) {
    frame.addEventListener(event, ({ target, ctrlKey, metaKey }) => {
      target.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
    });
  }
}

function readColours(frame) {
  const style = getComputedStyle(frame);
  const read = (name) => {
    const hex = style.getPropertyValue(`--mc-${name}`).trim() || "#888888";
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  };
  return Object.fromEntries(["x", "k", "y", "negative", "zero"].map((name) => [name, read(name)]));
}

/** The signed scale of course/figures/palette.py: neutral at zero, negative grey, positive coloured. */
function shade(colours, role, value, limit) {
  const share = limit ? Math.min(Math.abs(value) / limit, 1) : 0;
  const end = value > 0 ? colours[role] : colours.negative;
  const rgb = colours.zero.map((zero, at) => Math.round(zero + (end[at] - zero) * share));
  const light = luminance(rgb);
  const white = 1.05 / (light + 0.05), black = (light + 0.05) / 0.05;
  // Pure black: with any softer one, some cells would have a contrast below 4.5.
  return { back: `rgb(${rgb.join(" ")})`, ink: white > black ? "#ffffff" : "#000000" };
}

function luminance(rgb) {
  const [red, green, blue] = rgb.map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Ask Python one question at a time, and no more often than the screen is drawn; the last counts. */
function oneAtATime(stage) {
  let busy = false, next = null;
  function flush() {
    if (!next) return;
    busy = true;
    const changes = next;
    next = null;
    stage.ask(changes);
  }
  function send(changes) {
    next = { ...next, ...changes };
    if (!busy) flush();
  }
  stage.onTold(() => requestAnimationFrame(() => {
    busy = false;
    flush();
  }));
  send.busy = () => next !== null;
  return send;
}

/**
 * A matrix as a grid of cells: a table to screen readers, walked with the arrow keys.
 *
 * label : what it is called, as "X, channel 0"
 * role : "x", "k" or "y", its colour
 * onEdit(i, j, value) : makes the cells editable by typing, Enter or a double click
 * onPick(i, j) : called when a cell is clicked, or reached with the keys if `follow`
 * follow : true if walking with the keys picks, as in Y, where it moves the window
 * tapEdits : false if a second tap on a cell must not edit it, as where a tap paints
 *
 * grid.element, grid.cell(i, j), grid.show(values, limit), grid.focus(i, j), grid.at()
 * grid.show accepts null for an empty cell and words instead of numbers.
 * grid.here(i, j, marked) makes a cell the one that the keys reach first, and marks it as current
 * unless `marked` is false; no other cell of the grid stays marked.
 */
function makeGrid(stage, { label, role, onEdit, onPick, follow = false, tapEdits = true }) {
  const element = make("div", { class: `mc-grid mc-of-${role}`, role: "grid", "aria-label": label });
  if (onEdit) element.setAttribute("aria-description", stage.words.edit);
  const drawn = new Map();
  let cells = [], values = [], at = [0, 0], editor = null, tapped = null;

  function build(h, w) {
    element.replaceChildren();
    drawn.clear();
    element.style.setProperty("--mc-columns", w);
    element.setAttribute("aria-rowcount", h);
    element.setAttribute("aria-colcount", w);
    cells = Array.from({ length: h }, (_, i) => {
      const row = Array.from({ length: w }, (_, j) =>
        make("div", { class: "mc-cell", role: "gridcell", tabindex: -1, "data-i": i, "data-j": j }));
      element.append(make("div", { class: "mc-line", role: "row" }, row));
      return row;
    });
    point(Math.min(at[0], h - 1), Math.min(at[1], w - 1));
  }

  function show(next, limit = largest(next)) {
    if (next.length !== cells.length || next[0].length !== cells[0]?.length) build(next.length, next[0].length);
    values = next;
    next.forEach((line, i) => line.forEach((value, j) => {
      const cell = cells[i][j];
      const state = `${value} ${limit} ${stage.theme()}`;
      if (drawn.get(cell) === state) return; // most cells of a redraw are as they were
      drawn.set(cell, state);
      const text = typeof value === "number" ? short(value, limit) : value ?? "";
      if (cell.firstChild?.nodeType !== Node.TEXT_NODE && !cell.contains(editor)) cell.textContent = text;
      else if (cell.textContent !== text && !cell.contains(editor)) cell.textContent = text;
      cell.classList.toggle("mc-long", breadth(text) > 3.5);
      cell.classList.toggle("mc-longest", breadth(text) > 5);
      cell.setAttribute("aria-label", fill(stage.words.row_column, { i, j, value: text }));
      if (typeof value === "number") stage.paint(cell, role, value, limit);
      else { cell.style.backgroundColor = ""; cell.style.color = ""; }
    }));
  }

  function point(i, j) {
    cells[at[0]]?.[at[1]]?.setAttribute("tabindex", -1);
    at = [i, j];
    cells[i]?.[j]?.setAttribute("tabindex", 0);
  }

  function here(i, j, marked = true) {
    element.querySelector(".mc-here")?.classList.remove("mc-here");
    if (marked) cells[i]?.[j]?.classList.add("mc-here");
    point(i, j);
  }

  function focus(i, j) {
    point(i, j);
    cells[i][j].focus();
  }

  function edit(i, j, start) {
    const cell = cells[i][j];
    if (cell.contains(editor)) return; // a double tap asks twice
    editor = make("input", { class: "mc-editor", inputmode: "decimal", "aria-label": cell.getAttribute("aria-label") });
    const whole = String(Number(values[i][j].toPrecision(6)));
    editor.value = start ?? whole;
    const before = cell.textContent;
    let open = true;
    const close = (keep, refocus) => {
      if (!open) return;
      open = false;
      const text = editor.value, value = parsed(text);
      editor = null;
      cell.textContent = before;
      drawn.delete(cell);
      const changed = keep && text.trim() !== "" && text !== whole;
      if (changed && value === null) stage.complain(fill(stage.words.no_number, { text }));
      else if (changed && value !== values[i][j]) onEdit(i, j, value);
      if (refocus) focus(i, j);
    };
    editor.addEventListener("blur", () => close(true, false));
    editor.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") { close(true, true); event.preventDefault(); }
      else if (event.key === "Escape") close(false, true);
      else if (event.key === "Tab") close(true, false);
    });
    cell.replaceChildren(editor);
    editor.focus();
    if (start === undefined) editor.select();
  }

  const placeOf = (event) => {
    const cell = event.target.closest?.(".mc-cell");
    return cell && element.contains(cell) ? [Number(cell.dataset.i), Number(cell.dataset.j)] : null;
  };
  element.addEventListener("click", (event) => {
    const place = placeOf(event);
    if (!place || event.target === editor) return;
    focus(...place);
    onPick?.(...place);
    // A phone shows no keyboard for a cell, and not every browser tells of a double tap.
    const again = event.pointerType === "touch" && tapped === event.target;
    tapped = event.target;
    if (again && onEdit && tapEdits) edit(...place);
  });
  element.addEventListener("dblclick", (event) => {
    const place = placeOf(event);
    if (place && onEdit && event.target !== editor) edit(...place);
  });
  element.addEventListener("keydown", (event) => {
    const place = placeOf(event);
    if (!place || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = stepOf(event);
    if (step) {
      const [i, j] = [place[0] + step[0], place[1] + step[1]];
      if (cells[i]?.[j]) {
        focus(i, j);
        if (follow) onPick?.(i, j);
      }
    } else if (event.key === "Enter" || event.key === "F2" || event.key === " ") {
      if (onEdit) edit(...place);
      else onPick?.(...place);
    } else if (onEdit && /^[-0-9.,\u2212]$/.test(event.key)) {
      edit(...place, event.key);
    } else return;
    event.preventDefault();
  });

  return { element, show, here, focus, cell: (i, j) => cells[i]?.[j], at: () => at };
}

/** A button; `pressed` makes it a switch, `label` names a button that shows a sign only. */
function makeButton(text, onclick, { label, pressed } = {}) {
  const button = make("button", { type: "button", class: "mc-button", onclick, "aria-label": label, title: label }, text);
  if (pressed !== undefined) button.setAttribute("aria-pressed", pressed);
  return button;
}

/** A choice among few: options is [[value, text], …]. */
function makeChoice(label, options, onchange) {
  const select = make("select", { onchange: () => onchange(select.value) },
    options.map(([value, text]) => make("option", { value }, text)));
  return { element: make("label", { class: "mc-choice" }, make("span", {}, label), select), select };
}

/** A whole number between two ends, with buttons to make it smaller and larger. */
function makeCounter(label, low, high, onchange) {
  let value = low;
  const shown = make("output", { class: "mc-count" });
  const less = makeButton(MINUS, () => change(value - 1), { label: `${label} ${MINUS} 1` });
  const more = makeButton("+", () => change(value + 1), { label: `${label} + 1` });
  function show(next, top = high) {
    value = next;
    high = top;
    shown.textContent = value;
    less.disabled = value <= low;
    more.disabled = value >= high;
  }
  function change(next) {
    show(Math.min(Math.max(next, low), high));
    // A button that is switched off would lose the focus, and the page with it the learner's place.
    if (less.disabled && document.activeElement === less) more.focus();
    if (more.disabled && document.activeElement === more) less.focus();
    onchange(value);
  }
  const element = make("span", { class: "mc-counter", role: "group", "aria-label": label },
    make("span", {}, label), less, shown, more);
  return { element, show };
}
