# Files of every kind, cut at ten lengths, with ten bytes changed and with sizes
# that are not true: exit 3 (2 for what is wrong in settings) and one line that
# names the file, with no more memory than a small run takes. What the readers
# make of every length and every byte is in tests/*/test_mutated.c; damaged runs
# are in test_resume.sh and test_train_errors.sh.
. tests/cli/lib.sh
export OMP_NUM_THREADS=1 # small work: a second thread would only wait
# Twice what HDF5 and BLAS reserve at the start. (The address sanitizer reserves
# terabytes: not there.)
[ "${ES_CFG:-release}" = asan ] || ulimit -v 600000
bt="flow barlow-twins --quiet --csv -"
/usr/bin/python3 - <<'PY' 2>.pyerr
import gzip, struct
import h5py, numpy as np
np.random.seed(3)
G = np.array([[1, .5, 0], [.5, 1, 0], [0, 0, .25]])
np.savetxt("a.csv", G, delimiter=",")
np.save("a.npy", G)
with h5py.File("a.h5", "w") as f: f["G"] = G
with h5py.File("packed.h5", "w") as f:
    f.create_dataset("G", data=G, chunks=(2, 2), compression="gzip")
idx = struct.pack(">IIII", 0x803, 6, 4, 4) + np.random.bytes(96)
open("a.idx", "wb").write(idx)
open("a.idx.gz", "wb").write(gzip.compress(idx))
open("a.yaml", "w").write("model: {gamma: [1, 0.5], s0: [0.1, 0.1]}\ntime:\n  t: [0, 1]\n")
open("e.yaml", "w").write("""experiment: {title: x, claim: y}
stages:
  - {name: s, command: flow, target: barlow-twins, plot: none, model: {gamma: 1, s0: 0.1}, time: {t_end: 1}}
""")
# The claims: name, file, place, bytes.
def claim(name, file, at, new):
    b = bytearray(open(file, "rb").read())
    b[at:at + len(new)] = new
    open(name, "wb").write(b)
npy, h5 = open("a.npy", "rb").read(), open("a.h5", "rb").read()
claim("wide.npy", "a.npy", npy.index(b"(3, 3)"), b"(3, 9999999999)")
claim("head.npy", "a.npy", 8, b"\xff\xff")
nine = h5.index(struct.pack("<QQ", 3, 3))
claim("wide.h5", "a.h5", nine, struct.pack("<QQ", 1 << 30, 1 << 30))
claim("wrap.h5", "a.h5", nine, struct.pack("<QQ", (1 << 63) + 1, 2))
claim("heap.h5", "a.h5", h5.index(b"HEAP") + 8, b"\xff" * 8)
claim("tree.h5", "a.h5", h5.index(b"\x11\x00\x10\x00") + 8, b"\xfe" + b"\xff" * 7)
claim("huge.idx", "a.idx", 4, b"\xff" * 12)
claim("more.idx", "a.idx", 4, struct.pack(">I", 7))
PY
ok $? "files to damage" "$(tail -1 .pyerr)"

# What went wrong with one damaged file, on standard output.
judge() { # file, codes that may be, words…
  local file=$1 codes=$2; shift 2
  es "$@"
  case " $codes " in *" $rc "*) ;; *) echo "$file: exit $rc: $err"; return ;; esac
  [ "$rc" = 0 ] || { [ "$(wc -l <.err)" = 1 ] && grep -qF "$file" .err; } ||
    echo "$file: exit $rc, not a line that names it: $err"
}
# Cuts must be refused with one of these codes, changes may read well.
damaged() { # good file, codes, words… with FILE for the file
  local good=$1 codes=$2 n at k bad=bad-$1; shift 2
  n=$(wc -c <"$good")
  es "${@//FILE/$good}"
  ok "$rc" "$good is read" "$err"
  : >wrong
  for k in 0 1 2 3 4 5 6 7 8 9; do
    head -c $((n * k / 10)) "$good" >"$bad"
    judge "$bad" "$codes${cuts:-}" "${@//FILE/$bad}" >>wrong
    cp "$good" "$bad"; at=$((n * (2 * k + 1) / 20))
    printf '\377' | dd of="$bad" bs=1 seek=$at conv=notrunc status=none
    judge "$bad" "$codes 0" "${@//FILE/$bad}" >>wrong
  done
  same "$good: cut and changed" "$(head -5 wrong)" ""
}
aligned="s0=0.1,0.1,0.1 t=1"
damaged a.npy 3 $bt Gamma=file:FILE $aligned
damaged a.h5 3 $bt Gamma=file:FILE:/G $aligned
damaged packed.h5 3 $bt Gamma=file:FILE:/G $aligned
damaged a.idx 3 $bt data.name=idx data.path=FILE d=1 t=1
damaged a.idx.gz 3 $bt data.name=idx data.path=FILE d=1 t=1
# A text that is cut may still be one; in settings what is wrong is exit 2.
cuts=" 0" damaged a.csv "3" $bt Gamma=file:FILE $aligned
cuts=" 0" damaged a.yaml "2 3" $bt --config FILE s0=0.1,0.1 gamma=1,0.5 t=1
cuts=" 0" damaged e.yaml "2 3" run FILE --quiet --force -o made

for name in wide.npy head.npy; do
  es $bt Gamma=file:$name $aligned; expect "claims of $name" 3 "$name"
done
for name in wide.h5 wrap.h5 heap.h5 tree.h5; do
  es $bt Gamma=file:$name:/G $aligned; expect "claims of $name" 3 "$name"
done
for name in huge.idx more.idx; do
  es $bt data.name=idx data.path=$name d=1 t=1; expect "claims of $name" 3 "$name"
done

# A record that is damaged is none: its stage runs again.
es run e.yaml --quiet --force -o made; cp made/s/run.json record
for n in 0 1 20 $(($(wc -c <record) - 3)); do
  head -c $n record >made/s/run.json
  es run e.yaml --quiet --resume -o made
  [ $rc = 0 ] && grep -q '"exit_code"' made/s/run.json
  ok $? "a record cut to $n bytes is made again" "exit $rc: $err"
done
finish
