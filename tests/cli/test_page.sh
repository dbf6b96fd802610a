# The page of an experiment in a browser: every image is decoded, nothing is
# loaded from elsewhere or refused. Chromium is too large to be installed for it.
. tests/cli/lib.sh
page() { /usr/bin/python3 "$root/tests/page.py" "$@"; }

cat >page.yaml <<EOF
experiment:
  title: "Two <modes> & a </title> of 'quotes'"
  claim: "<img src=x onerror=alert(1)>"
  criterion: ["max |relative_error| in one/steps.csv where gap > 0.1 < 1e-5"]
stages:
  - {name: one, command: flow, target: barlow-twins, plot: "staircase,modes", data: {n: 40, size: 7, center: on}, model: {d: 2, init: gaussian}, solver: {method: dop853}, output: {modes: on}}
  - {name: many, command: flow, target: barlow-twins, each: {model.lr: [0.05, 0.1]}, plot: descent, model: {gamma: [1], s0: [0.01]}, solver: {method: gd}, time: {t_end: 20}}
  - {name: points, command: fixed-points, target: barlow-twins, model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}}
EOF
es run page.yaml --quiet; ok $rc "an experiment" "$err"
got=$(page out/page/index.html); ok $? "its page is sound" "$got"
same "with all figures" "${got##*: }" "3 images"
# What is checked can fail.
broken() { # name, sed expression
  sed "$2" out/page/index.html >out/page/broken.html
  ! page out/page/broken.html >.broken; ok $? "$1 is seen" "$(cat .broken)"
}
broken "an image from elsewhere" 's/src="data:image.svg+xml;/src="http:/'
broken "a table that is not closed" '0,/<.table>/s/<.table>//'
broken "a link to nothing" 's/one.trace.csv/one\/tracks.csv/'
broken "an image without words" 's/alt="[^"]*"//'
browser=$(command -v chromium || command -v chromium-browser)
if [ -n "$browser" ]; then
  got=$(page --browser "$browser" out/page/index.html)
  ok $? "a browser shows all of it" "$got"
  sed 's/;base64,PD94bW/;base64,AAAA/' out/page/index.html >out/page/broken.html
  ! page --browser "$browser" out/page/broken.html >.broken
  ok $? "an image that is none is seen" "$(cat .broken)"
else
  skip "a browser shows all of it" "no chromium here: apt-get install chromium"
fi
finish
