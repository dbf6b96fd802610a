# figure.key=value: how figures look, from the command line, a file and a stage;
# never a setting of what is computed.
. tests/cli/lib.sh
bt="flow barlow-twins gamma=1,0.5,0.1 s0=1e-3,1e-3,1e-3"

es $bt figure.size=4 -o no; expect "one number for a size" 2 "figure.size=4: two numbers"
es $bt figure.font="a'b" -o no; expect "a quote in a font" 2 "figure.font=a'b: the name of a family"
es $bt figure.x=0,1 figure.x_scale=log -o no; expect "a logarithm of 0" 2 "begins above 0"
es $bt figure.siz=4,3 -o no; expect "a key with a slip" 2 "did you mean figure.size"
es predict barlow-twins gamma=1 s0=1e-3 figure.size=4,3
expect "what draws nothing" 2 "figure.size: no such section"
[ ! -e no ]; ok $? "and nothing is made"

es $bt -o plain --quiet
printf 'figure: {theme: dark}\nmodel: {gamma: [1, 0.5, 0.1]}\n' >look.yaml
es flow barlow-twins s0=1e-3,1e-3,1e-3 --config look.yaml figure.size=4,3 -o look --quiet
ok $rc "from a file and the command line" "$err"
grep -q 'width="384" height="288"' look/staircase.svg; ok $? "the size"
grep -q '<rect.* fill="#161616"' look/staircase.svg; ok $? "the ground"
# Sizes of text in the page, in points: numbers, and powers of ten's eight tenths.
pdf_text() {
  /usr/bin/python3 -c '
import re, sys, zlib
page = b""
for stream in re.findall(rb"stream\r?\n(.*?)endstream", open(sys.argv[1], "rb").read(), re.S):
    try:
        page += zlib.decompressobj().decompress(stream)
    except zlib.error:
        pass
sizes = {float(m) for m in re.findall(rb"([0-9.]+) 0 0 -[0-9.]+ [0-9.]+ [0-9.]+ Tm", page)}
print(*(f"{size:.3g}" for size in sorted(sizes, reverse=True)[:2]))' "$1"
}
# What one format leaves set is not there for the next: all begin at common.gp's
# state, which nothing but what a script sets behind @OPEN changes.
same "no settings before @OPEN" "$(awk 'FNR == 1 { open = 0 } /@OPEN$/ { open = 1 }
  FILENAME !~ /common/ && !open && /^(.*[{;] )?(un)?set / &&
  !/set (table|print|datafile)/ && !/^[A-Za-z]+ = "/ { print FILENAME ": " $0 }' \
  "$root"/plots/*.gp)" ""
sed "s/^terminals = 'svg'$/& . ' svg'/" plain/staircase.gp >plain/twice.gp
cp plain/staircase.svg plain/once.svg
(cd plain && gnuplot twice.gp 2>twice.log)
same "a format drawn twice" "$(grep -v '^</*g' plain/staircase.svg)" \
  "$(grep -v '^</*g' plain/once.svg)"
same "text of the page" "$(pdf_text plain/staircase.pdf)" "9 7.2"
cmp -s plain/config.yaml look/config.yaml; ok $? "no part of the settings"
cmp -s plain/trace.csv look/trace.csv; ok $? "nor of the data"

es plot look size=3,2; ok $rc "plot: a bare key" "$err"
same "in place of what was" "$(sed "/^# Shared/q" look/staircase.gp | grep -c ^figure_)" 2
es plot look modes=4; expect "no such mode" 2 "figure.modes=4: look/staircase.gp has modes 1 to 3"

mkdir look/folder.gp && mkfifo look/pipe.gp
es_timed() { timeout 20 "$program" "$@" 2>&1 >/dev/null; }
same "what is no file is no script" "$(es_timed plot look)" "eigenstep: 1 figure drawn in look"
same "nor has it a look" "$(es_timed plot look theme=print)" "eigenstep: 1 figure drawn in look"
rm -r look/folder.gp look/pipe.gp

cat >look-exp.yaml <<'Y'
experiment: {title: x}
stages:
  - name: one
    command: flow
    target: barlow-twins
    model: {gamma: [1], s0: [0.001]}
    figure: {size: [5, 4]}
Y
es run look-exp.yaml -o exp --quiet; ok $rc "a stage" "$err"
grep -q 'width="480" height="384"' exp/one/staircase.svg; ok $? "its size"
sed -i 's/\[5, 4\]/[6, 4]/' look-exp.yaml
touch -d '1 hour ago' exp/one/trace.csv; was=$(stat -c %Y exp/one/trace.csv)
es run look-exp.yaml -o exp --resume --quiet; ok $rc "resumed" "$err"
same "nothing is computed again" "$(stat -c %Y exp/one/trace.csv)" "$was"
sed -i 's/\[6, 4\]/[6]/' look-exp.yaml
es run look-exp.yaml -o bad; expect "a bad stage" 2 "look-exp.yaml:7:.*figure.size=.*6.*: two numbers"
es run look-exp.yaml size=4,3 -o bad; expect "run takes no bare keys" 2 "no settings but figure.key=value"
es run look-exp.yaml figure.size=4 -o bad; expect "run and a bad value" 2 "figure.size=4"
finish
