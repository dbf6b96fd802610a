"""Statements of a C source, from its tokens: enough C for this house's style.

A token is (kind, text, place): "word", "number", "mark" or "text" (a literal
of characters). Comments and preprocessor lines are none."""
import re

TOKEN = re.compile(
    r"(?P<skip>\s+|/\*.*?\*/|//[^\n]*)"
    r"|(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"
    r"|(?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"[uUlLfF]*)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<mark>->|\+\+|--|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|"
    r"\.\.\.|.)", re.S)
DIRECTIVE = re.compile(r"(?m)^[ \t]*#(?:[^\n\\]|\\.|\\\n)*")
TYPES = set("""const static volatile register double float int char bool void
size_t ssize_t unsigned signed long short struct enum union int8_t int16_t
int32_t int64_t uint8_t uint16_t uint32_t uint64_t FILE extern typedef
_Static_assert __m256d __m512d""".split())
OPENS, CLOSES = "([{", ")]}"


class Token:
    """One token and where it stands."""

    def __init__(self, kind, text, at):
        self.kind, self.text, self.at = kind, text, at
        self.end = at + len(text)

    def operand_ends(self):
        """Whether an operator after it has two sides."""
        if self.kind == "word":
            return self.text not in ("return", "case", "else", "do", "sizeof")
        return self.kind in ("number", "text") or self.text in (")", "]")


def tokens_of(source):
    blank = DIRECTIVE.sub(lambda m: " " * len(m.group()), source)
    found = []
    for m in TOKEN.finditer(blank):
        if m.lastgroup != "skip":
            found.append(Token(m.lastgroup, m.group(), m.start()))
    return found


class Statement:
    """Tokens first..last of a kind: "do" (an expression), "return", "leave"
    (break, continue), "declare", "table" (a constant table outside functions),
    or a condition: "if", "while", "for". void: what its function gives."""

    def __init__(self, kind, first, last, void):
        self.kind, self.first, self.last, self.void = kind, first, last, void


class Reader:
    """Reads the statements of one source."""

    def __init__(self, source):
        self.tokens = tokens_of(source)
        self.statements = []
        self.void = False
        self.outside()

    def text(self, i):
        return self.tokens[i].text if i < len(self.tokens) else ""

    def closing(self, i):
        """The token that closes what token i opens."""
        depth = 0
        while i < len(self.tokens):
            if self.tokens[i].kind == "mark":
                if self.text(i) in OPENS:
                    depth += 1
                elif self.text(i) in CLOSES:
                    depth -= 1
                    if depth == 0:
                        return i
            i += 1
        return i - 1

    def add(self, kind, first, last):
        if last >= first:
            self.statements.append(Statement(kind, first, last, self.void))

    def outside(self):
        i = begin = 0
        while i < len(self.tokens):
            if self.text(i) == ";":
                begin = i + 1
            elif self.text(i) in ("(", "["):
                i = self.closing(i)
            elif self.text(i) == "{":
                end = self.closing(i)
                if self.text(i - 1) == ")":
                    words = [t.text for t in self.tokens[begin:i]]
                    before = words[:words.index("(")]
                    self.void = "void" in before and "*" not in before
                    self.block(i)
                    begin = end + 1
                elif self.text(i - 1) == "=":
                    self.add("table", i, end)
                i = end
            i += 1

    def block(self, i):
        end = self.closing(i)
        i += 1
        while i < end:
            i = self.statement(i)
        return end + 1

    def simple(self, i):
        """The semicolon that ends a statement without statements in it."""
        while i < len(self.tokens) and self.text(i) != ";":
            i = self.closing(i) if self.text(i) in OPENS else i
            i += 1
        return i

    def statement(self, i):
        if self.text(i).isupper() and self.text(i + 1) == "for":
            i += 1  # a macro for a pragma
        word = self.text(i)
        if word == "{":
            return self.block(i)
        if word in ("if", "while", "switch"):
            end = self.closing(i + 1)
            self.add("if" if word == "switch" else word, i + 2, end - 1)
            i = self.statement(end + 1)
            if word == "if" and self.text(i) == "else":
                i = self.statement(i + 1)
            return i
        if word == "for":
            return self.statement(self.heads(i + 1) + 1)
        if word == "do":
            i = self.statement(i + 1)
            end = self.closing(i + 1)
            self.add("while", i + 2, end - 1)
            return end + 2
        if word in ("case", "default"):
            while self.text(i) != ":":
                i += 1
            return i + 1
        end = self.simple(i)
        self.add(self.kind(i), i, end - 1)
        return end + 1

    def heads(self, i):
        """The three parts of a loop's head; the token that closes it."""
        end, first = self.closing(i), self.simple(i + 1)
        second = self.simple(first + 1)
        self.add("declare", i + 1, first - 1)
        self.add("for", first + 1, second - 1)
        self.add("step", second + 1, end - 1)
        return end

    def kind(self, i):
        word, first = self.text(i), self.tokens[i]
        if word == "return":
            return "return"
        if word in ("break", "continue", "goto"):
            return "leave"
        if word in TYPES or first.kind == "word" and (
                self.tokens[i + 1].kind == "word" or
                self.text(i + 1) == "*" and
                self.text(i + 3) in ("=", ";", ",", "[", "restrict") or
                self.text(i + 1) == "*" and self.text(i + 2) in (
                    "const", "restrict", "*")):
            return "declare"
        return "do"

    def live(self, s):
        """Indices of a statement's tokens that are not a declaration's."""
        if s.kind != "declare":
            yield from range(s.first, s.last + 1)
            return
        i, said = s.first, False
        while i <= s.last:
            text = self.text(i)
            end = self.closing(i) if text in OPENS else i
            if said:
                yield from range(i, end + 1)
            if text == "=":
                said = True
            elif text == ",":
                said = False
            i = end + 1
