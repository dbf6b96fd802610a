"""What is wrong with a run in which a fault was met."""
import fnmatch
import json
import os

from server import ROOT, SANITIZER

FAMILIES = {  # exit codes that may follow
    # A text in memory is written to as well, and fails for want of memory.
    "alloc": {4}, "write": {3, 4}, "flush": {3, 4}, "name": {3}, "read": {3}}

# What goes on all the same, and why that is right: the result is whole, bytes
# and all, which is checked.
TOLERATED = {
    "reserve_streams": "streams that are open need no reserve",
    "es_markup_details": "what was read is there, whether or not it closes",
    "es_markup_data": "likewise",
    "recognise": "likewise",
    "es_file_hold": "a folder that may not be read is written without a lock",
    "claim": "the settings are there already, which is looked at",
    "is_whole": "what was read is there, whether or not it closes",
    "drain": "what gnuplot said is for messages",
    "es_cpu_model": "run.json then knows no processor's name",
    "sync_directory": "the name is there; not all file systems sync a folder",
}


def varies(name):
    """Files with times of the clock in them."""
    name = os.path.basename(name)
    return fnmatch.fnmatch(name, "run*.json") or name == "index.html"


def is_record(name, text):
    if name.endswith(".html"):
        return text.endswith(b"</html>\n")
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def is_beginning(name, text, whole):
    """Whole rows under the header; of arrays, a file that can be read."""
    if not name.endswith(".csv"):
        return text.startswith(b"\x89HDF")
    rows = text.split(b"\n")
    return rows[0] == whole.split(b"\n")[0] and rows[-1] == b"" and \
        all(r.count(b",") == rows[0].count(b",") for r in rows[:-1])


def bad_files(command, family, result, whole, before, tidy):
    """What under a final name is neither what it was nor what it shall be, and
    what was not tidied up."""
    changed = [n for n in before if not varies(n) and
               result.files.get(n) != before[n]]
    of_now = whole.files.get("run.json") != before.get("run.json")
    if changed and of_now and "run.json" in before and \
            result.files.get("run.json") == before["run.json"]:
        yield "run.json of before, %s of now" % changed[0]
    for name, text in result.files.items():
        if name.endswith(".part"):
            if tidy and text != before.get(name) and \
                    not fnmatch.fnmatch(name, command.grows):
                yield "left " + name
        elif varies(name):
            if not is_record(name, text):
                yield "not whole: " + name
        elif name in command.partial and result.code and \
                is_beginning(name, text, whole.files.get(name, b"")):
            pass
        elif name.endswith(".new") and family == "name":
            pass  # it could not be removed
        elif text not in (whole.files.get(name), before.get(name)):
            yield "not whole: " + name


def left_open(result):
    """What of ours is held when main returns."""
    if result.held:
        yield "leak"
    if result.files_open:
        yield "%d files left open" % result.files_open


def wrong(command, family, mode, result, whole, before, where):
    """All that is wrong with a run in which a fault was met."""
    if result.signal:
        return ["hangs" if result.signal == 14 else "signal %d" % result.signal]
    if result.code == SANITIZER:
        kind = "leak" if b"LeakSanitizer" in result.err else "sanitizer"
        return [kind + ": " + summary(result.err)]
    # Where nothing can be removed any more, nothing is.
    tidy = (family, mode) != ("name", "rest")
    found = list(bad_files(command, family, result, whole, before, tidy))
    found += left_open(result)
    if result.code == 0:
        if command.reports and family == "read":
            return found
        if not set(where) & set(TOLERATED):
            found.append("exit 0")
        lasting = {n: t for n, t in result.files.items()
                   if not varies(n)}
        if (result.out != whole.out and not command.reports or
                result.err != whole.err or
                any(whole.files.get(n) != t for n, t in lasting.items()) or
                set(result.files) != set(whole.files)):
            found.append("exit 0 with another result")
        return found
    if result.code not in FAMILIES[family]:
        found.append("exit %d" % result.code)
    lines = result.err.decode("utf-8", "replace").splitlines()
    if len(lines) != len(whole.err.splitlines()) + 1:
        found.append("%d lines" % len(lines))
    if not lines or not lines[-1].startswith("eigenstep: "):
        found.append("no line of ours")
    # What is written after a write that failed alone comes after a gap.
    gap = (family, mode) == ("write", "one")
    if not gap and not command.reports and not whole.out.startswith(result.out):
        found.append("another output")
    return found


def differences(result, whole):
    """Of a run that goes on from one that failed, without a fault."""
    if result.code or result.signal:
        return ["goes on to exit %d" % result.code]
    return ["goes on to another " + n for n in sorted(
        set(result.files) | set(whole.files)) if not varies(n) and
        result.files.get(n) != whole.files.get(n)]


def summary(text):
    lines = text.decode("utf-8", "replace").splitlines()
    ours = [l.split(" in ")[1].split(" (")[0] for l in lines
            if " in " in l and l.lstrip().startswith("#")]
    ours = [l.replace(ROOT + "/", "") for l in ours if "__wrap_" not in l]
    last = [l for l in lines if l.startswith("SUMMARY")]
    return (last[0] if last else "?")[:90] + " " + " < ".join(ours[:6])
