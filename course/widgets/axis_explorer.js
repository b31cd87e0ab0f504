// The axis explorer: numbered tensors before and after an operation. See axis_explorer.py.

const my = (name) => `mc-axis_explorer-${name}`;

function render({ model, el }) {
  const stage = openStage(model, el, "axis_explorer");
  const { words } = stage;
  let told = model.get("told");
  const ask = (changes) => {
    const { shape, operation, dim, order, target, compare } = stage.wanted();
    stage.ask({ shape, operation, dim, order, target, compare, ...changes });
  };
  const controls = makeControls(words, ask, () => fly());
  const code = make("code", { class: my("code") });
  const scene = make("div", { class: my("scene") });
  const here = make("p", { class: my("here"), "aria-live": "polite" });
  const notes = make("p", { class: my("notes"), "aria-live": "polite" });
  const strips = { memory: makeStrip(words.memory), reading: makeStrip(words.reading) };
  const facts = make("tbody");
  const problem = stage.frame.querySelector(".mc-problem"); // stands beside what it is about
  stage.root.append(
    controls.element, problem, code, scene, here, notes, strips.memory.element, strips.reading.element,
    makeFacts(words, facts),
  );

  function show(next) {
    const moves = told.code !== next.code;
    told = next;
    controls.show(told);
    if (told.problem) return;
    code.textContent = told.code;
    notes.textContent = told.notes.join(" ");
    const before = make("div", { class: my("before") },
      told.before.map((one) => makeTensor(words, one, told)));
    const after = makeTensor(words, told.after, told);
    after.dataset.after = "";
    const wrong = told.wrong && makeTensor(words, told.wrong, told);
    const arrow = make("div", { class: my("arrow"), "aria-hidden": "true" }, "→");
    scene.replaceChildren(before, arrow, after, wrong ?? "");
    strips.memory.show(told.after.memory, told.colours);
    strips.reading.show(told.after.reading, told.colours);
    facts.replaceChildren(...told.facts.map(makeFact));
    here.textContent = words.follow;
    if (moves) fly();
  }

  /** Let each number of the result fly from where it stood before. */
  function fly() {
    if (movesLittle()) return;
    const starts = [...scene.querySelectorAll(`.${my("before")} [data-n]`)];
    const from = new Map(starts.map((cell) => [cell.dataset.n, cell]));
    const cells = [...scene.querySelectorAll("[data-after] [data-n]")];
    const pause = Math.min(12, 400 / cells.length);
    cells.forEach((cell, place) => {
      const [start, end] = [from.get(cell.dataset.n), cell].map((one) => one.getBoundingClientRect());
      const moved = `translate(${start.x - end.x}px, ${start.y - end.y}px)`;
      cell.animate([{ transform: moved, zIndex: 2 }, { transform: "none", zIndex: 2 }],
        { duration: 650, delay: pause * place, easing: "ease-in-out", fill: "backwards" });
    });
  }

  function light(number) {
    stage.root.querySelectorAll(`.${my("lit")}`).forEach((cell) => cell.classList.remove(my("lit")));
    if (number === undefined) return;
    stage.root.querySelectorAll(`[data-n="${number}"]`).forEach((cell) => cell.classList.add(my("lit")));
    here.textContent = fill(words.followed, { number, ...told.places[number] });
  }
  const numberOf = (event) => event.target.closest?.("[data-n]")?.dataset.n;
  stage.root.addEventListener("pointerover", (event) => light(numberOf(event)));
  stage.root.addEventListener("pointerleave", () => light());
  stage.root.addEventListener("focusin", (event) => light(numberOf(event)));
  scene.addEventListener("keydown", walk);

  stage.onTold(show);
  show(told);
  return stage.end;
}

/** Arrow keys: left and right in reading order, up and down by a row, through all blocks. */
function walk(event) {
  const tensor = event.target.closest(`.${my("tensor")}`);
  if (!tensor || event.ctrlKey || event.metaKey || event.altKey) return;
  const cells = [...tensor.querySelectorAll("[data-n]")];
  const at = cells.indexOf(event.target), row = Number(tensor.dataset.row);
  const next = {
    ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - row, ArrowDown: at + row,
    Home: 0, End: cells.length - 1,
  }[event.key];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  if (!cells[next]) return;
  event.target.setAttribute("tabindex", -1);
  cells[next].setAttribute("tabindex", 0);
  cells[next].focus();
}

/** What the learner chooses: the operation, and what it needs. */
function makeControls(words, ask, replay) {
  const buttons = {};
  const operations = make("div", { class: "mc-bar", role: "group", "aria-label": words.operation });
  const choose = (operation) => ask({ operation, dim: null, target: null });
  const anew = { dim: null, order: null, target: null };
  const shape = makeField(words.shape, words.shape, (text) => ask({ shape: text, ...anew }));
  const dim = makeChoice(words.dim, [], (value) => ask({ dim: Number(value) }));
  const order = makeChoice(words.order, [], (value) => ask({ order: JSON.parse(value), target: null }));
  const target = makeChoice(words.target, [], (value) => ask({ target: JSON.parse(value) }));
  const typed = makeField(words.typed, words.typed_label, (text) => ask({ target: text }));
  const turn = () => ask({ compare: compare.getAttribute("aria-pressed") !== "true" });
  const compare = makeButton(words.compare, turn, { pressed: false });
  const again = makeButton(words.replay, replay);
  const bar = make("div", { class: "mc-bar" },
    shape.element, dim.element, order.element, target.element, typed.element, compare, again);
  again.hidden = movesLittle();

  function show(told) {
    if (told.problem) return;
    const { operation } = told;
    for (const name of told.operations) {
      if (!buttons[name]) {
        buttons[name] = makeButton(words[name], () => choose(name), { pressed: false });
        operations.append(buttons[name]);
      }
      buttons[name].setAttribute("aria-pressed", name === operation);
    }
    const joins = ["stack", "cat"].includes(operation), cuts = operation.includes("reshape");
    dim.element.hidden = !joins;
    order.element.hidden = !operation.includes("permute");
    target.element.hidden = typed.element.hidden = !cuts;
    compare.hidden = operation !== "permute";
    compare.setAttribute("aria-pressed", told.compare);
    shape.show(told.shape.join(", "));
    offer(dim.select, told.dims.map((one) => [one, one]), told.dim);
    const orders = told.orders.map(([one, text]) => [JSON.stringify(one), text]);
    offer(order.select, orders, JSON.stringify(told.order));
    const targets = told.targets.map((one) => JSON.stringify(one));
    const chosen = JSON.stringify(told.target);
    const all = targets.includes(chosen) ? targets : [chosen, ...targets];
    offer(target.select, all.map((one) => [one, shapeOf(one)]), chosen);
  }
  return { element: make("div", { class: my("controls") }, operations, bar), show };
}

const shapeOf = (json) => `(${JSON.parse(json).join(", ")})`;

/** Fill a choice, and leave it alone if nothing is new, since it may be open. */
function offer(select, options, chosen) {
  const now = JSON.stringify(options);
  if (select.dataset.options !== now) {
    select.replaceChildren(...options.map(([value, text]) => make("option", { value }, `${text}`)));
    select.dataset.options = now;
  }
  select.value = chosen;
}

/** A field of text that is sent with Enter, or when it is left. */
function makeField(title, label, send) {
  const input = make("input", {
    class: `mc-input ${my("field")}`, type: "text", autocomplete: "off", "aria-label": label,
  });
  let sent = "";
  const submit = () => {
    if (input.value.trim() === "" || input.value === sent) return;
    sent = input.value;
    send(sent);
  };
  input.addEventListener("change", submit);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") submit(); // JupyterLab keeps Enter from causing a change
  });
  const show = (text) => { input.value = sent = text; };
  return { element: make("label", { class: "mc-choice" }, make("span", {}, title), input), show };
}

/** A tensor as blocks of matrices; its cells are walked with the arrow keys. */
function makeTensor(words, tensor, told) {
  const { blocks, axes } = tensor;
  const caption = make("figcaption", {},
    make("span", { class: "mc-name" }, tensor.code ?? tensor.name, " ", make("small", {}, tensor.shape)),
    makeAxes(words, axes));
  let place = 0;
  const makeCell = (number, at, j) => {
    const elsewhere = tensor.elsewhere?.[place];
    const label = elsewhere ? words.elsewhere : words.cell;
    return make("div", {
      class: `mc-cell ${my("cell")} ${elsewhere ? my("elsewhere") : ""}`,
      role: "gridcell", tabindex: place++ ? -1 : 0, "data-n": number,
      style: `background: ${told.colours[number]}`,
      "aria-label": fill(label, { number, place: `${tensor.name}[${[...at, j].join(", ")}]` }),
    }, number);
  };
  const drawn = blocks.map(({ at, rows }) => {
    const name = at.length ? `${tensor.name}[${at.join(", ")}]` : tensor.name;
    const lines = rows.map((row, i) => make("div", { class: my("row"), role: "row" },
      row.map((number, j) => makeCell(number, axes.length > 1 ? [...at, i] : at, j))));
    const grid = make("div", { class: my("block"), role: "grid", "aria-label": name }, lines);
    return make("div", {}, at.length ? make("div", { class: "mc-quiet" }, name) : null, grid);
  });
  // With four axes, the blocks of one index of the first axis share a line.
  const across = axes.length === 4 ? axes[1].size : drawn.length;
  const lines = [];
  for (let at = 0; at < drawn.length; at += across) {
    lines.push(make("div", { class: my("line") }, drawn.slice(at, at + across)));
  }
  const columns = axes.at(-1).size;
  const legend = tensor.elsewhere && make("div", { class: "mc-quiet" }, words.legend);
  const figure = make("figure", { class: my("tensor"), "data-row": columns, style: `--columns: ${columns}` },
    caption, lines, legend);
  figure.classList.toggle(my("wide"), columns > 10);
  return figure;
}

function makeAxes(words, axes) {
  const ways = [words.lines, words.blocks, words.down, words.across].slice(-axes.length);
  const labels = axes.map((axis) => fill(axis.name ? words.named_axis : words.axis, axis));
  return make("span", { class: `mc-quiet ${my("axes")}` }, labels.map((label, at) =>
    make("span", { class: my("axis") }, make("b", {}, label), make("span", {}, ways[at]))));
}

/** Numbers in one row, as they lie in memory or are read. */
function makeStrip(title) {
  const cells = make("div", { class: my("cells") });
  const element = make("div", { class: my("strip"), role: "group", "aria-label": title },
    make("div", { class: "mc-quiet" }, title), cells);
  const makePlace = (number, colour) =>
    make("span", { class: my("place"), "data-n": number, style: `background: ${colour}` }, number);
  const show = (numbers, colours) =>
    cells.replaceChildren(...numbers.map((number) => makePlace(number, colours[number])));
  return { element, show };
}

function makeFacts(words, body) {
  const heads = [words.tensor, words.its_shape, words.strides, words.contiguous, words.where];
  return make("table", { class: my("facts"), "aria-label": words.facts },
    make("thead", {}, make("tr", {}, heads.map((head) => make("th", { scope: "col" }, head)))), body);
}

function makeFact(fact) {
  const cells = [fact.shape, fact.strides, fact.contiguous, fact.where].map((text) => make("td", {}, text));
  return make("tr", {}, make("th", { scope: "row" }, fact.name), cells);
}

export default { render };
