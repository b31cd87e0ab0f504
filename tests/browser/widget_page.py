"""A widget in a page of its own: real browser, real Python, and no JupyterLab in between.

For the many small questions, of themes, sizes, keys and odd values. That the same widget lives in
JupyterLab is asked once a widget, in test_<widget>.py.
"""

import json

PAGE = """<!doctype html><meta charset="utf-8"><title>A widget</title>
<style>
  body { margin: 0; padding: 8px; }
  [data-jp-theme-light="false"] {
    background: #111; --jp-layout-color0: #111; --jp-content-font-color1: rgba(255, 255, 255, 1);
  }
</style>
<body data-jp-theme-light="true"><div id="here"></div>"""

START = """async ([key, script, style, traits]) => {
  const sheet = document.createElement("style");
  sheet.textContent = style;
  document.head.append(sheet);
  const heard = {};
  const model = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    on: (event, hear) => (heard[event] ??= []).push(hear),
    off: (event, hear) => { heard[event] = (heard[event] ?? []).filter((one) => one !== hear); },
    save_changes: async () => {
      const told = await window.askPython(key, traits.asked);
      if (told === null) return;
      traits.told = told;
      (heard["change:told"] ?? []).forEach((hear) => hear());
    },
  };
  const address = URL.createObjectURL(new Blob([script], {type: "text/javascript"}));
  const widget = (await import(address)).default;
  const el = document.createElement("div");
  document.getElementById("here").append(el);
  window.endWidget = await widget.render({ model, el });
  // As in JupyterLab, styles and place arrive after render.
  await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
}"""


def open_widgets(page, *widgets, theme="light", width=1000, height=900):
    """Show widgets one below the other, and give a locator of each.

    theme : "light" or "dark"
    width, height : of the page, in CSS pixels
    """
    page.set_viewport_size({"width": width, "height": height})
    page.goto("about:blank")
    page.set_content(PAGE)
    if theme == "dark":
        page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    known = dict(enumerate(widgets))
    if not hasattr(page, "widgets_of_page"):
        page.expose_function("askPython", lambda key, asked: ask(page.widgets_of_page[key], asked))
    page.widgets_of_page = known
    for key, widget in known.items():
        traits = {name: getattr(widget, name) for name in ("asked", "told", "words", "name")}
        page.evaluate(START, [key, str(widget._esm), str(widget._css), plain(traits)])
    return [page.locator(".mc-stage").nth(key) for key in known]


def ask(widget, asked):
    """What JupyterLab does with a question: set it, and bring back the answer."""
    widget.asked = asked
    return plain(widget.told)


def plain(value):
    """What is left of a value on its way to the browser; NaN and tensors do not get through."""
    return json.loads(json.dumps(value, allow_nan=False))
