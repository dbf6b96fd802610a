"""What is done to a source: each operator is one small, likely mistake.

sites(source) lists all mutants of a source, as (place, end, text, operator):
source[place:end] is replaced by text."""
from c_source import Reader

SWAPS = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "+=": "-=",
         "-=": "+=", "*=": "/=", "/=": "*="}
COMPARED = {"<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"),
            ">=": (">", "<="), "==": ("!=",), "!=": ("==",)}
LOGIC = {"&&": "||", "||": "&&"}
FUNCTIONS = {"fmin": "fmax", "fmax": "fmin", "exp": "expm1", "expm1": "exp",
             "log": "log1p", "log1p": "log", "fabs": "", "sqrt": "",
             "sin": "cos", "cos": "sin", "true": "false", "false": "true"}


def is_cast(reader, i):
    """Whether token i closes a type in brackets."""
    words = []
    while i > 0 and reader.text(i) != "(":
        i -= 1
        words.append(reader.text(i))
    before = reader.tokens[i - 1] if i > 0 else None
    return "double" in words[:-1] or "size_t" in words[:-1] or (
        "*" in words[:1] and not (before and before.operand_ends()))


def two_sided(reader, i):
    before = reader.tokens[i - 1]
    if not before.operand_ends():
        return False
    return before.text != ")" or not is_cast(reader, i - 1)


def of_number(text):
    if text[-1] in "fF" and not text.lower().startswith("0x"):
        return ["(%s * 1.5f)" % text] if float(text[:-1]) else ["1.f"]
    if text.isdigit():
        n = int(text)
        return [str(n + 1)] + ([str(n - 1)] if n > 0 else [])
    if "." in text or "e" in text.lower() and "x" not in text.lower():
        return ["(%s * 1.5)" % text] if float(text) else ["1.0"]
    return ["(%s + 1)" % text]


def of_token(reader, i):
    t = reader.tokens[i]
    if t.kind == "number":
        for new in of_number(t.text):
            yield t.at, t.end, new, "constant"
    elif t.kind == "word" and t.text in FUNCTIONS:
        yield t.at, t.end, FUNCTIONS[t.text], "function"
    elif t.text in COMPARED:
        for new in COMPARED[t.text]:
            yield t.at, t.end, new, "comparison"
    elif t.text in LOGIC:
        yield t.at, t.end, LOGIC[t.text], "logic"
    elif t.text == "!":
        yield t.at, t.end, "", "negation"
    elif t.text in SWAPS and (t.text[-1] == "=" or two_sided(reader, i)):
        yield t.at, t.end, SWAPS[t.text], "arithmetic"
    elif t.text == "-":
        yield t.at, t.end, "", "sign"
    elif t.text == "[" and reader.tokens[i - 1].operand_ends():
        end = reader.tokens[reader.closing(i)]
        yield end.at, end.at, " + 1", "index"
        yield end.at, end.at, " - 1", "index"


def of_statement(reader, s):
    first, last = reader.tokens[s.first], reader.tokens[s.last]
    if s.kind in ("if", "while"):
        yield first.at, first.at, "!(", "condition"
    if s.kind == "leave":
        yield first.at, last.end, "", "statement"
    if s.kind == "do" and reader.text(s.first + 1) != ")":
        if first.text != "(":
            yield first.at, last.end, "", "statement"
    if s.kind in ("do", "return") and s.last > s.first:
        yield first.at, last.end, "return" if s.void else "return 0", "return"
    if s.kind == "do":
        depth = 0
        for i in range(s.first, s.last):
            depth += (reader.text(i) in "([{") - (reader.text(i) in ")]}")
            if depth == 0 and reader.text(i) == "=":
                yield reader.tokens[i].end, last.end, None, "sign"


def sites(source):
    """All mutants of the source, in its order, no two alike."""
    reader = Reader(source)
    found = {}
    for s in reader.statements:
        if s.kind == "step":
            continue
        for place, end, new, name in of_statement(reader, s):
            if name == "condition":
                close = reader.tokens[s.last].end
                new = "!(" + source[place:close] + ")"
                end = close
            elif new is None:
                new = " -(" + source[place:end].strip() + ")"
            found.setdefault((place, end, new), name)
        if s.kind == "leave":
            continue
        for i in reader.live(s):
            if s.kind == "table" and reader.tokens[i].kind != "number":
                continue
            for place, end, new, name in of_token(reader, i):
                found.setdefault((place, end, new), name)
    return sorted((*key, name) for key, name in found.items())
