# What `eigenstep --help` and `eigenstep COMMAND --help` print, as a page of the
# manual (-v to=man) or in Markdown (-v to=md). -v name=eigenstep-COMMAND is the
# page's name, -v version=… the program's, -v also="a b" the pages beside it.
#
# The text (src/cli/help.c): usage and summary; then parts that begin with a line
# "title:", of entries "  NAME  text", the text or more of it on lines further to
# the right, or of words as they are typed (examples, presets); and paragraphs.

function plain(s) {
  if (to == "md") {
    gsub(/[\\*_<>|]/, "\\\\&", s)
    return s
  }
  gsub(/\\/, "\\e", s)
  gsub(/-/, "\\-", s)
  if (s ~ /^[.']/) s = "\\&" s
  return s
}
function capital(s) { return toupper(substr(s, 1, 1)) substr(s, 2) }
function put(man, md) { print to == "man" ? man : md }
function typed(yes) { # before and after lines that are typed
  if (yes && !typing) put(".PP\n.nf", "```sh")
  if (!yes && typing) put(".fi", "```")
  typing = yes
}
function end_paragraph() {
  if (text != "") put(".PP\n" plain(text), "\n" plain(text))
  text = ""
}
function end_entry(  i) { # the name, and one text or two of it
  if (what == "") return
  if (to == "man") {
    print ".TP\n.B " plain(what)
    for (i = 1; i <= texts; i++) print (i > 1 ? ".br\n" : "") plain(says[i])
  } else if (table)
    print "| `" what "` | " plain(says[1]) " | " plain(says[2]) " |"
  else
    print "- `" what "`: " plain(says[1])
  what = ""
}
function entry(name, first) {
  end_entry()
  what = name
  texts = first != ""
  says[1] = first
  says[2] = ""
}
function part(s) {
  end_entry()
  typed(0)
  end_paragraph()
  words = s ~ /^(examples|presets)$/
  table = s ~ /^(keys|the box|axes)/
  put(".SH \"" toupper(s) "\"", "\n## " capital(s) "\n")
  if (table && to == "md") print "| key | what | accepts |\n|---|---|---|"
}

NR == 1 { usage = substr($0, 8); next }
NR == 2 {
  summary = $0
  put(".TH \"" toupper(name) "\" 1 \"\" \"eigenstep " version "\"" \
      " \"User Commands\"\n.SH NAME\n" plain(name) " \\- " plain(summary) \
      "\n.SH SYNOPSIS\n.B " plain(usage),
      "# " name "\n\n" plain(capital(summary)) ".\n\n```sh\n" usage "\n```")
  next
}
/^$/ { end_entry(); typed(0); end_paragraph(); next }
/^[^ ].*:$/ && text == "" { part(substr($0, 1, length($0) - 1)); next }
/^[^ ]/ { text = text (text == "" ? "" : " ") $0; next }
words { typed(1); print to == "man" ? plain(substr($0, 3)) : substr($0, 3); next }
/^  [^ ]/ {
  line = substr($0, 3)
  if (match(line, /   */))
    entry(substr(line, 1, RSTART - 1), substr(line, RSTART + RLENGTH))
  else
    entry(line, "")
  next
}
{ sub(/^ +/, ""); says[++texts] = $0 }
END {
  end_entry()
  typed(0)
  end_paragraph()
  n = split(also, page, " ")
  if (n > 0) put(".SH \"SEE ALSO\"", "\n## See also\n")
  for (i = 1; i <= n; i++)
    put(".BR " plain(page[i]) " (1)" (i < n ? "," : ""),
        "- [" page[i] "](" page[i] ".md)")
}
