"""page.py [--browser PROGRAM] PAGE...: whether an experiment's page is sound.

Its markup is closed as HTML asks, ids are unique and meet their anchors, every
image has an alternative text, tables have headers, links are relative and lead
to files that are there, and nothing is loaded from anywhere. With a browser
(chromium, headless) every image is decoded and nothing is refused by the page's
own policy."""

import html.parser
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

VOID = {"meta", "img", "br", "hr", "link", "input"}
SCRIPT = """<script>
const refused = [];
document.addEventListener('securitypolicyviolation', e => refused.push(e.blockedURI));
addEventListener('load', () => {
  const bad = [...document.images].filter(i => !(i.complete && i.naturalWidth > 0));
  const loaded = performance.getEntriesByType('resource').map(e => e.name)
    .filter(name => !name.startsWith('data:'));
  document.title = 'images=' + document.images.length + ' bad=' + bad.length +
    ' loaded=' + loaded.length + ' refused=' + refused.length +
    ' wide=' + (document.documentElement.scrollWidth > innerWidth ? 1 : 0);
});
</script>"""


class Page(html.parser.HTMLParser):
    def __init__(self, folder):
        super().__init__()
        self.folder, self.open, self.wrong = folder, [], []
        self.ids, self.anchors, self.images, self.tables = [], [], 0, []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script" or any(name.startswith("on") for name in attrs):
            self.wrong.append(f"<{tag}> runs something")
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "img":
            self.images += 1
            if not attrs.get("alt"):
                self.wrong.append("an image without alt")
        if tag == "html" and not attrs.get("lang"):
            self.wrong.append("no language")
        if tag == "table":
            self.tables.append(0)
        if tag == "th" and attrs.get("scope"):
            self.tables[-1] += 1
        for name in ("src", "href", "srcset", "data", "poster", "action"):
            if name in attrs:
                self.address(tag, attrs[name])

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing, line {self.getpos()[0]}")

    def address(self, tag, address):
        if tag == "img":
            if not re.match(r"data:image/(svg\+xml|png|gif);base64,[A-Za-z0-9+/]+=*$",
                            address):
                self.wrong.append(f"an image from {address[:60]}")
        elif address.startswith("#"):
            self.anchors.append(address[1:])
        elif re.match(r"[a-z]+:|/", address):
            self.wrong.append(f"<{tag}> leads to {address[:60]}")
        elif not (self.folder / urllib.parse.unquote(address)).exists():
            self.wrong.append(f"{address}: not there")


def parsed(path):
    text = path.read_text(encoding="utf-8")
    page = Page(path.parent)
    page.feed(text)
    page.close()
    wrong = page.wrong + [f"<{tag}> is not closed" for tag in page.open]
    if not text.startswith("<!DOCTYPE html>\n<html"):
        wrong.append("no document type")
    wrong += [f"two ids are {i}" for i in set(page.ids) if page.ids.count(i) > 1]
    wrong += [f"no #{a}" for a in page.anchors if a not in page.ids]
    wrong += ["a table without headers" for n in page.tables if n == 0]
    if re.search(r"url\(|@import", text[:text.find("</style>")]):
        wrong.append("the style loads something")
    return page.images, wrong


def shown(path, images, browser):
    """What the browser says of a copy that counts, which may run one script."""
    text = path.read_text(encoding="utf-8")
    text = text.replace("default-src 'none';",
                        "default-src 'none'; script-src 'unsafe-inline';", 1)
    text = text.replace("</title>", "</title>" + SCRIPT, 1)
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "index.html"
        copy.write_text(text, encoding="utf-8")
        dom = subprocess.run(
            [browser, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile",
             "--window-size=1000,1400", "--virtual-time-budget=20000",
             "--dump-dom", copy.as_uri()],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120,
            env={**os.environ, "HOME": folder}, check=False).stdout.decode()
    title = re.search(r"<title>(.*?)</title>", dom, re.S)
    want = f"images={images} bad=0 loaded=0 refused=0 wide=0"
    got = title.group(1) if title else "no page"
    return [] if got == want else [f"in the browser: {got}; want {want}"]


def main(words):
    browser = None
    if words[:1] == ["--browser"]:
        browser, words = words[1], words[2:]
    good = True
    for word in words:
        path = pathlib.Path(word)
        images, wrong = parsed(path)
        if browser is not None:
            wrong += shown(path, images, browser)
        for line in wrong:
            print(f"{word}: {line}")
        good = good and not wrong
        if not wrong:
            print(f"{word}: {images} images" + (", shown" if browser else ""))
    return 0 if good and words else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
