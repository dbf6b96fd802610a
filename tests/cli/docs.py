"""What pages say, for test_docs.sh:
    docs.py links ROOT       links, and files named in `…`, that are not there
    docs.py keys ROOT KEYS   `section.key` that is none of `eigenstep list keys`
    docs.py commands ROOT    commands of ```sh blocks, PAGE, a tab, the command
    docs.py numbers PAGE     its tables of numbers: column, numbers, the command
"""

import pathlib
import re
import sys

# Made by the program, or an example of what a reader would make.
MADE = ("docs/commands/", "docs/adding.md", "experiments/README.md")


def pages(root):
    names = ["README.md", *sorted(str(path.relative_to(root)) for folder in
                                  ("docs", "experiments")
                                  for path in (root / folder).rglob("*.md"))]
    return [(name, (root / name).read_text(encoding="utf-8")) for name in names]


ROOMS = ("src", "models", "include", "tests", "plots", "docs", "install")


def links(root):
    files = {path.name for room in ROOMS for path in (root / room).rglob("*.*")}
    for name, text in pages(root):
        plain = re.sub(r"```.*?```", "", text, flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", plain):
            if "://" not in target and not (root / name).parent.joinpath(target).exists():
                print(f"{name}: {target}")
        if name.startswith(MADE):
            continue
        for path in re.findall(
                r"`((?:src|models|tests|docs|experiments|plots|include|install)/"
                r"[\w./-]+\w)[`:]", plain):
            if not (root / path).exists():
                print(f"{name}: {path}")
        for file in re.findall(r"`([\w-]+\.(?:c|h|gp|py|sh))`", plain):
            if file not in files:
                print(f"{name}: {file}")
        for run in re.findall(r"eigenstep run ([a-z][\w-]+)(?=[ `\n)])", text):
            if not (root / "experiments" / f"{run}.yaml").exists():
                print(f"{name}: eigenstep run {run}")


SECTIONS = ("data", "augment", "net", "method", "train", "probe", "time", "solver",
            "output", "model", "box", "ntk", "embed", "spectrum")


FILES = (".c", ".h", ".h5", ".csv", ".bin")


def keys(root, listed):
    known = set(re.findall(r"^  ([a-z]+\.\w+)", listed, flags=re.M))
    for name, text in pages(root):
        if name.startswith(MADE[0]):
            continue
        for key in re.findall(r"`((?:%s)\.\w+)(?:=[^`]*)?`" % "|".join(SECTIONS), text):
            if key not in known and not key.endswith(FILES):
                print(f"{name}: {key}")


def commands(root):
    for name, text in pages(root):
        if name.startswith(MADE[:2]) or name == "README.md": # test_readme.sh
            continue
        for block in re.findall(r"```sh\n(.*?)```", text, flags=re.S):
            for line in block.replace("\\\n", " ").splitlines():
                found = re.match(r"(?:\$ )?(?:\./)?eigenstep (.*)", line)
                if found and not found.group(1).startswith("plot "): # a run's own
                    print(f"{name}\t{found.group(1).split(' #')[0].strip()}")


def numbers(page):
    command = None
    for line in pathlib.Path(page).read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| (?:`eigenstep ([^`]*)`|(the same)) \| `(\w+)` \| (.*) \|$", line)
        if row:
            command = row.group(1) or command
            print(f"{row.group(3)}\t{row.group(4).replace(' ', '')}\t{command}")


def main(what, root, *more):
    if what == "numbers":
        numbers(root)
    elif what == "keys":
        keys(pathlib.Path(root), pathlib.Path(more[0]).read_text(encoding="utf-8"))
    else:
        {"links": links, "commands": commands}[what](pathlib.Path(root))


main(*sys.argv[1:])
