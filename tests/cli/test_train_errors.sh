# Bad input to train, embed and overlay: the contract's code, one line that names
# what was wrong, nothing half-written, nothing lost.
. tests/cli/lib.sh
export OMP_NUM_THREADS=1 # small work: a second thread would only wait
py() { /usr/bin/python3 - "$@" 2>.pyerr; }
idx() { # file, images: of 8x8 pixels
  py "$1" "$2" <<'PY'
import random, struct, sys
random.seed(3)
n = int(sys.argv[2])
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack(">IIII", 0x803, n, 8, 8))
    f.write(bytes(random.randrange(256) for _ in range(n * 64)))
PY
}
idx images.idx 40
train="train barlow-covariance"
images="data.name=idx data.path=images.idx"
linear="$train $images net.arch=linear augment.shift=1 method.dim=3 train.batch=8 train.eval_n=12 train.steps=20 train.log_every=10 --quiet"
resnet="$train $images net.width=2 method.dim=3 train.batch=8 train.eval_n=12 train.steps=20 train.log_every=10 --quiet"
refused() { # name, code, pattern, words…: and no folder
  local name=$1 code=$2 pattern=$3; shift 3
  es "$@" -o refused
  expect "$name" "$code" "$pattern"
  [ ! -e refused ] || { ok 1 "$name: no folder is made" "$(ls -R refused)"; rm -rf refused; }
}

# The command line.
es train; expect "no method" 2 "METHOD is missing"
refused "an unknown method has a hint" 2 "barlow-covarience.*did you mean barlow-covariance" train barlow-covarience
refused "a method like no other" 2 "zzzz.*list methods" train zzzz
refused "an unknown key has a hint" 2 "train.stps.*did you mean train.steps" $linear train.stps=3
refused "an unknown bare key has a hint" 2 "log_evry.*did you mean.*log_every" $linear log_evry=3
refused "an unknown section" 2 "tran" $linear tran.steps=3
refused "two sections possible" 2 "seed.*train.seed.*data.seed" $linear seed=1
refused "a word that is no setting" 2 "more" $linear more
refused "a key of models" 2 "model" $linear model.d=3
refused "a key no issue asked for" 2 "nesterov" $linear train.nesterov=on
refused "an option of other commands" 2 "csv.*not an option" $linear --csv x.csv
refused "no threads" 2 "threads" $linear --threads 0
refused "a seed that is no number" 2 "seed" $linear --seed x
refused "a missing file of settings" 3 "none.yaml" $linear --config none.yaml
printf 'train: {steps: 3, lr: -1}\n' >bad.yaml
refused "bad settings in a file" 2 "bad.yaml:1:.*train.lr" $linear --config bad.yaml

# Every key, below and above what --help says that it accepts.
es train --help
py <<PY >words
import re
# The words of a long key begin in the next line.
text = re.sub(r"^(  [a-z]+\.[a-z_0-9]+)\n +", r"\1 ", """$out""", flags=re.M)
for key, accepts in re.findall(r"^  ([a-z]+\.[a-z_0-9]+) .*\n {10,}(.*)", text, re.M):
    whole = re.match(r"a whole number from (\d+) to (\d+)", accepts)
    if whole:
        bad = [str(int(whole[1]) - 1), str(int(float(whole[2])) * 10 + 1), "1.5", "x", ""]
    elif accepts.startswith("a number in (0, 1]"): bad = ["0", "1.0000001", "-1", "nan", "x"]
    elif accepts.startswith("a number in [0, 1)"): bad = ["1", "-1e-9", "nan", "x"]
    elif accepts.startswith("a number > 0"): bad = ["0", "-1", "inf", "nan"]
    elif accepts.startswith("numbers in [1,"): bad = ["0", "1,0", "x"]
    elif accepts.startswith("a number >= 0"): bad = ["-1e-9", "inf", "nan", "1,2"]
    elif accepts.startswith("one of"): bad = ["none-such", "[a]"]
    elif accepts.startswith("on|off"): bad = ["maybe"]
    else: bad = [""]
    for value in bad: print(f"{key}={value}")
PY
: >wrong
while IFS= read -r word; do
  key=${word%%=*}
  es $train "$word" -o refused
  [ "$rc" = 2 ] && [ "$(wc -l <.err)" = 1 ] && grep -qE "$key=.*accepts" .err && [ ! -e refused ] ||
    echo "$word: exit $rc: $err" >>wrong
done <words
same "out-of-range values of every key name key, value and range" "$(cat wrong)" ""
same "of all keys" "$(cut -d= -f1 words | sort -u)" "$("$program" train --help | grep -oE '^  [a-z]+\.[a-z_0-9]+' | tr -d ' ' | sort)"

# Settings that do not fit together.
refused "lr and lr_relative" 2 "train.lr and train.lr_relative" $linear lr=0.1 lr_relative=0.1
refused "steps and epochs" 2 "train.epochs and train.steps" $linear epochs=2
refused "chunks that nothing reads" 2 "train.chunks=2.*multi-pass.*expected" $linear chunks=2
refused "a longer warm-up than training" 2 "train.warmup=21.*20 steps" $linear warmup=21
for word in optimizer=adamw optimizer=lars schedule=cosine warmup=2; do
  refused "a prediction with $word" 2 "train.predict=conjugate.*off" $linear predict=conjugate $word
done
refused "a batch larger than the data" 2 "train.batch=41.*40" $linear batch=41
refused "more samples than there are" 2 "data.n=41.*40" $linear data.n=41
refused "one sample" 2 "data.n=1|batch" $linear data.n=1
refused "shifts beyond the view" 2 "augment.shift=8.*7" $linear augment.shift=8
refused "more outputs than features, of a linear network" 2 "dim.*65.*64" $linear dim=65 predict=conjugate
refused "more outputs than features, of a resnet" 2 "dim.*17.*16" $resnet dim=17 predict=conjugate
refused "a prediction for no linear layer" 2 "projector=none.*last linear layer" $resnet projector=none predict=conjugate
refused "no such depth" 2 "depth=18.*26 or 50" $resnet net.depth=18 block=bottleneck
refused "the same for the rate" 2 "dim.*65.*64" $linear dim=65 lr_relative=0.2
es $linear dim=65 steps=1 -o wide; ok $rc "without theory they may be" "$err"
refused "a resnet without images" 2 "net.arch=resnet.*gaussian" $train data.name=gaussian
refused "a resnet of few values" 2 "net.arch=resnet.*data.dims" $resnet data.dims=4 data.views=2
refused "a resnet without images, --dry-run" 2 "net.arch=resnet.*two-mode" $train data.name=two-mode --dry-run
py <<'PY'
import struct
open("grey.idx", "wb").write(struct.pack(">IIII", 0x803, 12, 8, 8) + bytes([128]) * 768)
PY
refused "images that are all the same" 2 "lr_relative.*no positive eigenvalue" $linear augment.shift=0 data.path=grey.idx lr_relative=0.1

# Data: 3.
refused "idx without a path" 2 "data.path" $train data.name=idx
mkdir kept.dir
refused "missing data" 3 "none.idx" $linear data.path=none.idx
refused "a folder as data" 3 "kept.dir: " $linear data.path=kept.dir
head -c 500 images.idx >cut.idx
refused "truncated data" 3 "cut.idx" $linear data.path=cut.idx
gzip -c images.idx | head -c 300 >cut.gz
refused "truncated gzip" 3 "cut.gz" $linear data.path=cut.gz
: >empty.idx
refused "empty data" 3 "empty.idx" $linear data.path=empty.idx
refused "a missing data set says what installs it" 3 "nowhere.*dataset-fashion-mnist" $train data.path=nowhere

# Where output cannot go.
es $linear -o /proc/none/x; expect "an unwritable folder" 3 "/proc/none"
printf x >file
es $linear -o file; expect "-o is a file" 2 "file"
es $linear -o file --force; expect "-o is a file, with --force" 2 "file"
es $linear -o file/sub; expect "-o under a file" 3 "file"
es $linear -o /dev/full; expect "-o is a device" 2 "/dev/full"
for name in config.yaml prediction.csv trace.csv arrays.h5 steps.csv run.json; do
  mkdir -p taken/$name; : >taken/$name/kept
  es $linear predict=conjugate -o taken --force
  expect "a folder in the place of $name" 3 "taken/$name"
  same "what is in it stays, and no part files" "$(find taken -name '*.part' -o -name kept)" "taken/$name/kept"
  rm -r taken
done
"$program" $linear --json -o full >/dev/full 2>.err; rc=$? err=$(cat .err)
expect "--json on a full device" 3 "standard output"
[ -s full/run.json ] && [ -s full/trace.csv ]; ok $? "the data are whole" "$(ls full)"
mkdir path; es_path=$work/path
es $linear predict=conjugate -o noplot; expect "gnuplot missing" 3 "gnuplot is missing.*gnuplot-nox"
unset es_path
same "the data are whole" "$(cd noplot && ls *.csv *.json *.h5 *.yaml | tr '\n' ' ')" \
  "agreement.csv arrays.h5 config.yaml overlay.csv prediction.csv run.json steps.csv trace.csv "
es plot noplot; ok $rc "plot draws them later" "$err"
refused "more than the machine has" 4 "train.batch=8 pairs take .* GB.* this machine has" $resnet net.width=4096
if [ "${ES_CFG:-release}" = asan ]; then
  skip "no memory" "address sanitizer"
else
  (ulimit -v 1000000; OMP_NUM_THREADS=1 "$program" $resnet net.width=512 -o refused >.out 2>.err); rc=$? err=$(cat .err)
  expect "no memory" 4 "memory"
  [ ! -e refused ]; ok $? "and no folder" "$(ls refused)"
fi

# A rate that is too large: 1, with step and rate; rows before it are kept, and
# the last checkpoint is one that can be used.
finite() { /usr/bin/python3 -c 'import h5py, numpy as np, sys
f = h5py.File(sys.argv[1]); bad = []
f.visititems(lambda k, v: bad.append(k) if isinstance(v, h5py.Dataset) and not np.isfinite(v[()]).all() else None)
print(int(f["train/step"][()]), *bad)' "$1"; }
es $linear lr=50 log_every=1 checkpoint_every=2 -o diverged
expect "divergence" 1 "step [0-9]+.*lr=50"
step=$(grep -oE 'step [0-9]+' <<<"$err" | cut -c6-)
same "no part files" "$(find diverged -name '*.part')" ""
rows=$(tail -1 diverged/trace.csv | cut -d, -f2)
[ "$rows" -ge 1 ] && [ "$rows" -le "$step" ]; ok $? "rows before it are kept" "$rows of $step"
same "whole ones" "$(awk -F, 'NR == 1 { n = NF } NF != n || /nan|inf/' <(cut -d, -f1-11 diverged/trace.csv))" ""
grep -q '"exit_code":[[:space:]]*1' diverged/run.json; ok $? "run.json has the exit code" "$(cat diverged/run.json)"
same "the last checkpoint is kept" "$(finite diverged/arrays.h5)" "$((rows / 2 * 2))"
cp diverged/trace.csv before.csv
es $linear lr=50 log_every=1 checkpoint_every=2 -o diverged --resume
expect "--resume diverges again" 1 "step $step.*lr=50"
cmp -s diverged/trace.csv before.csv; ok $? "with the same rows"
same "no part files" "$(find diverged -name '*.part')" ""
es embed diverged --quiet; ok $rc "the last checkpoint can be embedded" "$err"
es $linear lr=50 predict=conjugate -o limited
numbers=$(awk "BEGIN { g = 4 * $(cell 1 gamma <limited/prediction.csv); printf \"%.3g times 1/\\\\(4 gamma_1\\\\) = %.3g\", 50 * g, 1 / g }")
expect "beside descent's limit where that is known" 1 "step [0-9]+.*lr=50.*one is $numbers$"
for lr in 1 5 100 1e6 1e20; do
  es $resnet lr=$lr log_every=100 checkpoint_every=1 train.steps=200 -o far
  [ $rc = 0 ] || expect "lr=$lr" 1 "step [0-9]+.*lr="
  found=$(finite far/arrays.h5)
  same "lr=$lr leaves no checkpoint that is not finite" "${found#* }" "${found%% *}"
  rm -r far
done
es $linear lr=1e30 predict=conjugate -o far
[ $rc = 1 ] && grep -q '1e+30' .err; ok $? "no descent at all" "$rc $err"
same "no part files" "$(find far -name '*.part')" ""
es $linear lr=1e-300 train.steps=2 -o still; ok $rc "a flow time next to nothing is drawn without its axis" "$err"
es $linear net.init_scale=1e38 -o nostart; expect "a start beyond float" 1 "before the first step.*net.init_scale"
[ ! -e nostart ]; ok $? "leaves nothing" "$(ls nostart 2>&1)"
es $linear net.init_scale=1 method.precondition=left method.precondition_epsilon=1e-6 -o indefinite
expect "an indefinite C" 1 "step [0-9]+: C \+ rI is not positive definite.*eigenvalue -.*precondition_epsilon=1e-06.*larger"

# Settings are checked before a folder is touched.
es $linear -o kept; ok $rc "a run" "$err"
before=$(cd kept && cat * | cksum)
for word in batch=41 dim=x data.path=none.idx lr_relative=2; do es $linear $word -o kept --force; done
same "--force with bad settings changes nothing" "$(cd kept && cat * | cksum)" "$before"

# embed.
es $resnet predict=conjugate -o run; ok $rc "a run to embed" "$err"
es embed; expect "no run" 2 "RUN is missing"
es embed none; expect "no such run" 3 "none/config.yaml"
mkdir bare; es embed bare; expect "a folder that is no run" 3 "bare/config.yaml"
es flow barlow-twins gamma=1 s0=1e-3 t=1 -o flow --quiet
es embed flow; expect "a run of another command" 2 "flow/config.yaml"
same "nothing is written there" "$(ls flow | grep embed)" ""
es embed run more; expect "one run only" 2 "more"
es embed run data.n=41; expect "more samples than there are" 2 "data.n=41.*40"
es embed run data.path=none.idx; expect "missing data" 3 "none.idx"
es embed run data.size=0 data.name=gaussian; expect "data without images" 2 "net.arch=resnet"
es embed run data.pah=x; expect "an unknown key" 2 "data.pah.*data.path"
es embed run net.width=3; expect "another network" 3 "run/arrays.h5:/params/.*shape"
es embed run -o /proc/none/x; expect "an unwritable folder" 3 "/proc/none"
es embed run -o file/sub; expect "under a file" 3 "file"
es embed run --resume; expect "an option that embed has not" 2 "not an option"
mkdir run/embed.h5; es embed run; expect "a folder in the place of embed.h5" 3 "run/embed.h5"; rmdir run/embed.h5
same "nothing was written" "$(find . -name 'embed.h5*')" "./diverged/embed.h5"
(ulimit -f 4; "$program" embed run --quiet >.out 2>.err); rc=$? err=$(grep -v '^libgcov' .err)
expect "no room" 3 "run/embed.h5.*cannot be written"
same "leaves nothing" "$(find run -name 'embed.h5*')" ""
py <<'PY'
import h5py, numpy as np, shutil
def variant(name, change):
    shutil.copyfile("run/arrays.h5", name + ".h5")
    with h5py.File(name + ".h5", "r+") as f: change(f)
def replace(key, value):
    def change(f):
        del f[key]
        if value is not None: f[key] = value
    return change
def put(key, value):
    def change(f): f[key][...] = value
    return change
weight = "params/projector.0.weight"
variant("nan", put(weight, np.nan))
variant("inf", put("params/layer4.0.bn2.running_var", np.inf))
variant("shape", replace(weight, np.zeros((16, 3), "f4")))
variant("rank", replace(weight, np.float32(1)))
variant("text", replace(weight, "abc"))
variant("absent", replace("params/layer1.0.conv1.weight", None))
def large(f):
    for key in (weight, "params/layer4.0.bn2.weight"): f[key][...] = 3e38
variant("large", large)
for key in ("gamma", "Z0"):
    variant("no" + key, replace("prediction/" + key, None))
    variant("nan" + key, put("prediction/" + key, np.nan))
variant("otherZ0", replace("prediction/Z0", np.zeros((3, 5))))
variant("othergamma", put("prediction/gamma", 0.125))
PY
ok $? "damaged copies" "$(tail -1 .pyerr)"
head -c 2000 run/arrays.h5 >cut.h5; : >empty.h5; echo words >words.h5
damaged() { # name, code, pattern
  cp -r run broken; cp "$1.h5" broken/arrays.h5
  es embed broken
  expect "embed: arrays.h5 $1" "$2" "$3"
  same "embed: $1: nothing is written" "$(find broken -name 'embed*')" ""
  rm -r broken
}
for name in cut empty words; do damaged $name 3 "broken/arrays.h5: .*HDF5"; done
for name in nan inf shape rank text absent; do damaged $name 3 "broken/arrays.h5:/params/"; done
damaged large 1 "finite"
broken() { # name, code, pattern, command that breaks the folder, words…
  local name=$1 code=$2 pattern=$3 break=$4 before; shift 4
  cp -r run broken; (cd broken && eval "$break")
  before=$(cd broken && find . -type f | sort | xargs cat | cksum)
  es "$@"
  expect "$name" "$code" "$pattern"
  same "$name: nothing is changed" "$(cd broken && find . -type f | sort | xargs cat | cksum)" "$before"
  rm -r broken
}
broken "embed: no arrays" 3 "broken/arrays.h5" "rm arrays.h5" embed broken
broken "embed: damaged settings" 2 "broken/config.yaml:[0-9]+" "echo '{' >config.yaml" embed broken
broken "embed: other settings" 2 "broken/config.yaml:[0-9]+.*widht" "sed -i s/width/widht/ config.yaml" embed broken
broken "embed: binary settings" 3 "broken/config.yaml" "cp arrays.h5 config.yaml" embed broken

# overlay.
es overlay; expect "no run" 2 "RUN... is missing"
es overlay none; expect "no such run" 3 "none: no such run"
es overlay bare; expect "a folder that is no run" 3 "bare/prediction.csv"
es overlay kept; expect "a run without a prediction says what makes it" 3 "kept/prediction.csv.*train.predict=conjugate"
es overlay run data.n=3; expect "overlay takes no settings" 2 "no settings"
es overlay run none -o refused; expect "the second is no run" 3 "none: no such run"
es $resnet predict=conjugate dim=2 -o narrow
es overlay run narrow -o refused; expect "runs of other sizes" 2 "narrow: 2 modes.*3 of 3 in run"
es overlay run kept -o refused; expect "one without a prediction" 3 "kept/prediction.csv"
[ ! -e refused ]; ok $? "makes no folder"
es overlay run -o run; expect "an existing folder" 2 "run: exists already"
es overlay run -o /proc/none/x; expect "an unwritable folder" 3 "/proc/none"
es overlay run -o file/sub; expect "under a file" 3 "file"
b="overlay broken"
broken "a run that has not ended" 3 "broken/trace.csv.*--resume" "mv trace.csv trace.csv.part" $b
broken "no arrays" 3 "broken/arrays.h5" "rm arrays.h5" $b
for name in cut empty words; do broken "arrays.h5 $name" 3 "broken/arrays.h5" "cp ../$name.h5 arrays.h5" $b; done
for name in nogamma nangamma othergamma noZ0 nanZ0 otherZ0; do broken "arrays.h5: $name" 3 "broken/(arrays.h5|prediction.csv)" "cp ../$name.h5 arrays.h5" $b; done
broken "a trace that is cut" 3 "broken/trace.csv" "head -c 2000 trace.csv >t; mv t trace.csv" $b
broken "an empty trace" 3 "broken/trace.csv" ": >trace.csv" $b
broken "a trace of no rows" 3 "broken/trace.csv.*no row" "sed -i 2,99d trace.csv" $b
broken "a column less" 3 "broken/trace.csv" "sed -i 1s/along_3/else_3/ trace.csv" $b
broken "no steps" 3 "broken/trace.csv.*step" "sed -i 1s/step/stop/ trace.csv" $b
broken "steps that fall" 3 "broken/trace.csv.*rise" "sed -i '2{h;d};3{p;x}' trace.csv" $b
broken "words for numbers" 3 "broken/trace.csv" "sed -i '3s/^[^,]*/word/' trace.csv" $b
broken "a rate that varies" 3 "broken/trace.csv.*rate varies" "awk -F, -v OFS=, 'NR == 4 { \$5 = 2 * \$5 } 1' trace.csv >t; mv t trace.csv" $b
broken "a binary trace" 3 "broken/trace.csv" "cp arrays.h5 trace.csv" $b
broken "an empty prediction" 3 "broken/prediction.csv" ": >prediction.csv" $b
broken "a prediction of no modes" 3 "broken/prediction.csv.*no mode" "sed -i 2,99d prediction.csv" $b
broken "modes in another order" 3 "broken/prediction.csv.*modes" "sed -i '2{h;d};3{p;x}' prediction.csv" $b
broken "a column less in the prediction" 3 "broken/prediction.csv.*tau_generic" "sed -i 1s/tau_generic/tau_g/ prediction.csv" $b
broken "another prediction" 3 "broken/prediction.csv.*gamma" "awk -F, -v OFS=, 'NR == 3 { \$2 = 2 * \$2 } 1' prediction.csv >t; mv t prediction.csv" $b
broken "the second of two is damaged" 3 "broken/trace.csv" ": >trace.csv" overlay run broken -o refused
[ ! -e refused ]; ok $? "makes no folder"
cp -r run full2; rm full2/{overlay,steps,agreement}.csv
# (Of no bytes: what is said goes through a pipe.)
err=$(ulimit -f 0; "$program" overlay full2 --quiet 2>&1); rc=$?
err=$(grep -v '^libgcov' <<<"$err")
expect "no room" 3 "full2/overlay.csv: cannot be written"
same "leaves nothing" "$(ls full2 | grep -E 'part|overlay.csv')" ""
finish
