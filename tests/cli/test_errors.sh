# Bad input from the command line: the contract's code, one line that names
# what was wrong, nothing half-written.
. tests/cli/lib.sh
bt="flow barlow-twins"

es; expect "no command" 2 "no command"
es flwo; expect "unknown command has a hint" 2 "did you mean flow"
es flow; expect "missing model" 2 "MODEL is missing"
es flow barlow; expect "unknown model" 2 "no such model"
es $bt gama=1 s0=1 t=1; expect "unknown key has a hint" 2 "gama.*did you mean.*gamma"
es $bt model.gamma; expect "a word without =" 2 "model.gamma"
es $bt seed=1 gamma=1 s0=1 t=1; expect "two sections possible" 2 "seed.*(data.seed|model.seed)"
es $bt gamma=1 s0=1 t=1 solver.rtol=2; expect "out of range" 2 "rtol.*2.*\(0, 1\)"
es $bt gamma=1 s0=1 t=1 method=eulr; expect "not a choice" 2 "method.*eulr"
es $bt gamma= s0=1 t=1; expect "empty value" 2 "gamma"
es $bt 'gamma=[]' s0=1 t=1; expect "empty list" 2 "gamma"
es $bt gamma=1,x s0=1 t=1; expect "not a number" 2 "gamma"
es $bt gamma=1,$(printf '1x%.0s' {1..30}) s0=1 t=1; expect "a long word is cut" 2 "entry 2, (1x){12}, is not a finite number"
es $bt gamma=1,0.5 s0=1e-3 t=1 --quiet; same "too few for two" "$rc" 2
es $bt gamma=1,0.5 s0=1e-3,1e-3 t=1 --quiet; plain=$out
es $bt $'gamma= 1\t,\t0.5 ' $'s0=\t1e-3 ,1e-3\t' t=1 --quiet; same "blanks around numbers" "$out" "$plain"
es $bt data.name=array data.path= d=1 t=0; expect "an array of no name" 2 "data.path=: an empty value"
printf 'data: {name: idx, path: ""}\n' >noname.yaml
es $bt --config noname.yaml d=1 t=0; expect "images of no name" 2 "noname.yaml:1:19: data.path=: an empty value"
es predict barlow-twins gamma=1 s0=1e-3 --json --csv table.csv; ok $rc "a table beside the summary" "$err"
es $bt gamma=nan s0=1 t=1; expect "NaN on the command line" 2 "gamma"
es $bt 'Gamma=[[1,nan],[nan,1]]' s0=1,1 t=1; expect "NaN in a matrix" 2 "Gamma"
es $bt 'Gamma=[[1,0.5],[0.4,1]]' s0=1,1 t=1; expect "asymmetric Gamma" 2 "Gamma.*symmetric"
es $bt 'Gamma=[[1,0.5],[0.5]]' s0=1,1 t=1; expect "ragged matrix" 2 "Gamma"
es $bt 'Gamma=[[1,0,0],[0,1,0]]' s0=1,1 t=1; expect "not square" 2 "Gamma"
es $bt gamma=1,2 d=3 init=gaussian t=1; expect "d > m" 2 "d=3.*2"
es $bt gamma=1,2 s0=1 t=1; expect "too few s0" 2 "s0.*1 values for 2 modes"
es $bt gamma=1,2 'W0=[[1,2,3]]' t=1; expect "W0 of wrong width" 2 "W0.*1 by 3"
es $bt gamma=1 s0=1 'W0=[[1]]' t=1; expect "two starts" 2 "one of model.s0"
es $bt gamma=1 'Gamma=[[1]]' s0=1 t=1; expect "two Gammas" 2 "one of model.gamma"
es $bt gamma=1 s0=-1 t=1; expect "negative s0" 2 "s0.*-1"
es $bt gamma=1 s0=1e-3 t=-1; expect "negative time" 2 "time.t.*-1"
es $bt gamma=1 s0=1e-3 t=2,1; expect "falling times" 2 "time.t"
es $bt gamma=-1 s0=1e-3; expect "no step, no times" 2 "time.t.*no mode steps"
es $bt gamma=1 s0=1 t=1 t_end=2; expect "t and t_end" 2 "time.t or time.t_end"
es $bt gamma=1 s0=1 t=1 method=gd; expect "gd without lr" 2 "model.lr"
es $bt gamma=1 'W0=[[1]]' t=1 method=exact; expect "no closed form" 2 "exact"
es $bt gamma=1 s0=1 t=lin:1:2; expect "bad range" 2 "time.t"
es $bt gamma=1 s0=1 t=log:0:2:5; expect "log range from 0" 2 "time.t"
es $bt gamma=1 s0=1 t=1 --jsn; expect "unknown option has a hint" 2 "did you mean --json"
es $bt gamma=1 s0=1 t=1 --zzzzzzzz; expect "unknown option without one" 2 "zzzzzzzz: no such option$"
es $bt gamma=1 s0=1 t=1 --threads 0; expect "threads out of range" 2 "threads"
for n in 4097 x 1x 18446744073709551617; do
  es $bt gamma=1 s0=1 t=1 --threads $n; expect "no number of threads: $n" 2 "threads: give a whole number from 1 to 4096"
done
es $bt gamma=1 s0=1 t=1 --seed=9007199254740993; expect "a seed beyond 2^53" 2 "seed: give a whole number from 0 to 9007199254740992"
es $bt gamma=1 s0=1 t=1 --quiet=yes; expect "a value for none" 2 "quiet=yes: takes no value"
es $bt gamma=1 s0=1 t=1 --csv=; expect "an option's empty value" 2 "csv=: the value is empty"
es $bt gamma=1 s0=1 t=1 -o ''; expect "a folder without a name" 2 "o: the value is empty"
es $bt gamma=1 s0=1 t=1 -; expect "a lone minus" 2 "^eigenstep: -: "
es flow -h; help=$out
es flow --help; same "-h is --help" "$help" "$out"
es --zzzzzzzz; expect "an unknown option before all" 2 "no such option"
es --strict flow barlow-twins gamma=1 s0=1 t=1 --csv=one.csv; ok $rc "options come before the command, and take =" "$err"
es flow --version; same "the version of a command" "$rc $out" "0 $("$program" --version)"
for words in eta=1 "--config a.yaml" "--csv a.csv" --resume "--shard 1/2"; do
  es sweep --merge here $words; expect "a merge with $words" 2 "merge: takes folders"
done
es $bt gamma=1 s0=1 t=1 --csv; expect "option without a value" 2 "csv.*must follow"
es $bt gamma=1 s0=1 t=1 --shard 1/2; expect "an option of another command" 2 "shard: not an option of this command"
es $bt gamma=1 s0=1 t=1 model.tau=1; expect "a key no issue asked for" 2 "tau"
es list metrics; expect "a list there is not" 2 "metrics"
es plot run gamma=1; expect "plot knows settings of figures alone" 2 "gamma: no such key"
es predict barlow-twins gamma=1 s0=1 --json --csv -; expect "json and csv on one stream" 2 "json"

# Files: 3.
es $bt gamma=file:none.csv s0=1 t=1; expect "missing file" 3 "none.csv"
printf '1,nan\nnan,1\n' >nan.csv
es $bt Gamma=file:nan.csv s0=1,1 t=1; expect "NaN in a file" 3 "nan.csv"
printf '1,2\n3,1\n' >asym.csv
es $bt Gamma=file:asym.csv s0=1,1 t=1; expect "asymmetric Gamma from a file" 3 "Gamma.*symmetric"
printf '\t2,\t1 \r\n 1\t, 2\r\n' >blanks.csv
es $bt Gamma=file:blanks.csv s0=1e-3,1e-3 t=1 --quiet; crlf=$out
es $bt 'Gamma=[[2,1],[1,2]]' s0=1e-3,1e-3 t=1 --quiet; same "blanks, tabs and line ends of DOS" "$crlf" "$out"
printf '1,2\n3\n' >ragged.csv
es $bt Gamma=file:ragged.csv s0=1,1 t=1; expect "ragged file" 3 "ragged.csv"
printf '\223NUMPY\001\000\166\000{' >short.npy
es $bt Gamma=file:short.npy s0=1,1 t=1; expect "truncated NPY" 3 "short.npy"
printf 'not hdf5' >bad.h5
es $bt Gamma=file:bad.h5:/K s0=1,1 t=1; expect "not HDF5" 3 "bad.h5"
: >empty.csv
es $bt gamma=file:empty.csv s0=1 t=1; expect "empty file" 3 "empty.csv"
es $bt gamma=1 s0=1 t=1 --config none.yaml; expect "missing config" 3 "none.yaml"
printf 'model: {gamma: [1]\n' >bad.yaml
es $bt --config bad.yaml; expect "broken YAML" 2 "bad.yaml:[0-9]+:[0-9]+"
printf 'model: {gamma: 1, gamma: 2}\n' >twice.yaml
es $bt --config twice.yaml; expect "duplicate key" 2 "twice.yaml:1:[0-9]+.*gamma"
printf 'model: {gamma: &a 1}\n' >anchor.yaml
es $bt --config anchor.yaml; expect "anchor" 2 "anchor.yaml:1"
printf 'solver: {rtl: 1}\n' >key.yaml
es $bt --config key.yaml; expect "unknown key in YAML has a hint" 2 "key.yaml:1:[0-9]+.*rtl.*rtol"

idx() { printf '\000\000\010\003\000\000\000\002\000\000\000\002\000\000\000\002'; }
{ idx; printf 'abcdefgh'; } >good.idx
es $bt data.name=idx data.path=good.idx d=1 augment.shift=0 flip=off t=0
ok $rc "a small IDX file is read" "$err"
{ idx; printf 'abc'; } >cut.idx
es $bt data.name=idx data.path=cut.idx d=1 t=1; expect "truncated IDX" 3 "cut.idx"
printf '\000\000\014\003junkjunkjunk' >magic.idx
es $bt data.name=idx data.path=magic.idx d=1 t=1; expect "wrong magic" 3 "magic.idx"
printf '\000\000\010\003\377\377\377\377\377\377\377\377\377\377\377\377' >huge.idx
es $bt data.name=idx data.path=huge.idx d=1 t=1; expect "header larger than the file" 3 "huge.idx"
{ idx; printf 'abcdefgh'; } | gzip | head -c 30 >cut.gz
es $bt data.name=idx data.path=cut.gz d=1 t=1; expect "truncated gzip" 3 "cut.gz"
es $bt data.name=idx d=1 t=1; expect "idx without a path" 2 "data.path"
es $bt data.name=fashion-mnist data.path=nowhere d=1 t=1; expect "missing data set says what installs it" 3 "nowhere.*dataset-fashion-mnist"
es $bt data.n=70000 d=1 t=1; expect "more samples than there are" 2 "data.n.*70000.*60000"
es $bt data.n=10 t=1; expect "data without d" 2 "model.d"

# Outputs.
es $bt gamma=1 s0=1 t=1 d=5 -o nodir; expect "a refused run" 2 "d=5"
[ ! -e nodir ]; ok $? "a refused run makes no folder"
es $bt gamma=1 s0=1 t=1 --csv none/x.csv; expect "unwritable table" 3 "none/x.csv"
es $bt gamma=1 s0=1 t=1 --csv none/x.csv -o nodir; expect "beside a folder" 3 "none/x.csv"
[ ! -e nodir ]; ok $? "which is not made" "$(ls nodir 2>&1)"
mkdir before; es $bt gamma=1 s0=1 t=1 --csv none/x.csv -o before --force
[ -e before ]; ok $? "one that was there stays"
printf x >file
es $bt gamma=1 s0=1 t=1 -o file; expect "-o is a file" 2 "file"
es $bt gamma=1 s0=1 t=1 -o file/sub; expect "-o under a file" 3 "file"
es plot nothing; expect "plot of no folder" 3 "nothing"
mkdir bare; es plot bare; expect "plot without scripts" 3 "bare"
es run none; expect "unknown experiment" 2 "none.*no such experiment"
es run none.yaml; expect "missing experiment file" 3 "none.yaml"

# gnuplot missing: data are whole all the same.
mkdir path; es_path=$work/path
es $bt gamma=1 s0=1e-3 -o noplot
expect "gnuplot missing" 3 "gnuplot is missing.*gnuplot-nox"
[ -s noplot/trace.csv ] && [ -s noplot/run.json ]; ok $? "the data are whole"
es doctor; ok $rc "doctor runs without gnuplot"
grep -q 'MISSING *gnuplot.*gnuplot-nox' <<<"$out"; ok $? "and says what installs it" "$out"
unset es_path

# Disk full in the middle: an error, no file under the final name.
(ulimit -f 8; "$program" $bt gamma=1,0.5 s0=1e-3,1e-3 t=lin:0:5:20000 --csv full.csv 2>.err2; echo $? >.rc2)
[ "$(cat .rc2)" = 3 ] && grep -q full.csv .err2 && [ "$(wc -l <.err2)" = 1 ]; ok $? "disk full is exit 3" "$(cat .rc2 .err2)"
[ ! -e full.csv ] && [ ! -e full.csv.part ]; ok $? "and leaves nothing"
es $bt gamma=1 s0=1e-3 t=lin:0:5:200000 --csv /dev/full; expect "a full device" 3 "full"

# Numerical failure and budgets: rows before it are kept.
es $bt gamma=1 'W0=[[1e-3]]' t=lin:0:5:50 max_steps=20 --csv part.csv
expect "budget" 4 "max_steps.*t = .*h = .*steps"
[ "$(wc -l <part.csv)" -gt 1 ]; ok $? "rows before the budget are kept"
es $bt gamma=1 'W0=[[3]]' t=0,1,2,100 method=gd lr=5 --quiet --csv diverged.csv
expect "divergence" 1 "t = "
[ "$(wc -l <diverged.csv)" -gt 1 ]; ok $? "rows before the divergence are kept"
es $bt gamma=1 'W0=[[3]]' t=0,1,2,100 method=gd lr=5 solver.limit=1e6 --quiet --csv limit.csv
expect "the limit" 1 "passed the limit 1e\\+06 at t = "
[ "$(wc -l <limit.csv)" -gt 1 ]; ok $? "rows before the limit are kept"
es $bt gamma=1 s0=1 t=1 solver.limit=0; expect "a limit of nothing" 2 "limit.*0"

# Moments beyond the range of double.
es $bt data.n=20 augment.noise=1e200 d=2 t=1 --quiet
expect "moments overflow" 1 "Gamma is not finite"

# Too little memory. (The address sanitizer reserves terabytes: not there.)
if [ "${ES_CFG:-release}" = asan ]; then
  skip "no memory" "address sanitizer"
  skip "and nothing written" "address sanitizer"
else
  (ulimit -v 600000; OMP_NUM_THREADS=1 "$program" $bt gamma=1 s0=1e-3 t_end=1 \
    time.n=1e8 --csv large.csv >.out2 2>.err2; echo $? >.rc2)
  rc=$(cat .rc2) err=$(cat .err2)
  expect "no memory" 4 "no memory"
  [ ! -e large.csv ] && [ ! -e large.csv.part ]; ok $? "and nothing written"
fi

# Interrupted while moments are made: exit 5, nothing written.
timeout --foreground --preserve-status -s INT 1 "$program" $bt data.size=48 d=5 -o stopped >.out2 2>.err2 </dev/null
rc=$? err=$(cat .err2)
expect "SIGINT during the moments" 5 "interrupted"
[ ! -e stopped ]; ok $? "and makes no folder"

# A signal that came before anybody listened is not lost: here it is pending, and
# held back, when the program begins.
/usr/bin/python3 - "$program" $bt data.size=48 d=5 -o early >.out2 2>.err2 <<'PY'
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
os.kill(os.getpid(), signal.SIGINT)
os.execv(sys.argv[1], sys.argv[1:])
PY
rc=$? err=$(cat .err2)
expect "SIGINT before the first moment" 5 "interrupted"

# A reader that goes away is a failed write, not a death.
"$program" $bt gamma=1 s0=1e-3 t=lin:0:5:20000 2>.err2 | true
rc=${PIPESTATUS[0]} err=$(cat .err2)
expect "a closed pipe" 3 "standard output|cannot be written"
finish
