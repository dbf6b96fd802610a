# metrics: numbers of theory.md 8 from files of every format, the contract's
# edge cases, and files that hold no representation.
. tests/cli/lib.sh
columns=n,d,auc,rankme,alpha_req,participation_ratio,n_dead
column() { cell 1 "$1" <<<"$out"; }
py=/usr/bin/python3

# Spectra, in any order, a row or a column.
awk 'BEGIN { for (i = 0; i < 512; i++) print .125 }' >flat.csv
awk 'BEGIN { for (i = 63; i >= 0; i--) printf "%.17g%s", .9 ^ i, i ? "," : "\n" }' >powers.csv
printf '2\n1\n4\n3\n' >ramp.csv
printf '0,0,3,0\n' >one.csv
es metrics flat.csv kind=spectrum; ok $rc "flat spectrum" "$err"
same "columns" "$(head -1 <<<"$out")" $columns
same "one row" "$(wc -l <<<"$out")" 2
same "n is d" "$(cut -d, -f1,2 <<<"$(tail -1 <<<"$out")")" 512,512
close "its area" "$(column auc)" 0.5009765625 1e-13
close "its RankMe" "$(column rankme)" 512 1e-13
close "its slope" "$(column alpha_req)" 0 0
es metrics file:powers.csv kind=spectrum; ok $rc "powers of .9, as file:" "$err"
close "their area" "$(column auc)" 0.860555410183167 1e-14
close "their RankMe" "$(column rankme)" 25.576921163660788635 1e-13
close "their slope" "$(column alpha_req)" 3.9197211564845592626 1e-13
close "their participation ratio" "$(column participation_ratio)" 9.5262893047422073797 1e-13
es metrics ramp.csv metrics.kind=spectrum; ok $rc "a ramp" "$err"
close "its area" "$(column auc)" 0.75 1e-15
close "its participation ratio" "$(column participation_ratio)" 2.5423728813559322 1e-15
es metrics one.csv kind=spectrum; ok $rc "rank one" "$err"
same "its row" "$(tail -1 <<<"$out")" "4,4,1,1,inf,1,3"
same "and nothing is said" "$err" ""
printf '1e300\n1\n1e294\n0.9e294\n' >far.csv # 1e-6 exactly: neither dead nor fitted
es metrics far.csv kind=spectrum; same "far apart" "$(tail -1 <<<"$out" | cut -d, -f5,7)" "inf,2"

# Representations.
printf 'a,b\n1,1\n-1,1\n1,-1\n-1,-1\n' >square.csv
es metrics square.csv; ok $rc "a square" "$err"
same "is flat" "$(tail -1 <<<"$out" | cut -d, -f1-3,7)" "4,2,0.75,0"
close "of rank two" "$(column rankme)" 2 1e-14
printf '.1,1e300,-3.3\n.1,1e300,-3.3\n.1,1e300,-3.3\n.1,1e300,-3.3\n' >constant.csv
es metrics constant.csv; ok $rc "a constant representation" "$err"
same "is the rank-one limit" "$(tail -1 <<<"$out")" "4,3,1,1,inf,1,3"
expect "and says so" 0 "constant representation"
es metrics constant.csv --quiet; same "quietly" "$rc$err" 0
es metrics constant.csv center=off; close "not centred it is of rank one" "$(column auc)" 1 1e-15
same "with two dead" "$(column n_dead)" 2
printf '5,6,7\n' >row.csv
es metrics row.csv; same "one sample" "$(tail -1 <<<"$out")" "1,3,1,1,inf,1,3"
printf '1,2,3,4\n2,4,6,8\n5,10,15,20\n' >line.csv
es metrics line.csv; ok $rc "a line" "$err"
close "is of rank one" "$(column rankme)" 1 1e-13
same "with three dead" "$(column n_dead)" 3
printf '0\n0\n' >zero.csv
es metrics zero.csv kind=spectrum; expect "no value but 0" 0 "constant representation"
for scale in 1e-300 1e300 1e308; do
  printf "$scale,0\n-$scale,0\n0,$scale\n0,-$scale\n" >scaled.csv
  es metrics scaled.csv; close "scale $scale" "$(column rankme)" 2 1e-14
done

# Outputs.
es metrics square.csv -o kept --quiet; ok $rc "-o" "$err"
same "nothing on standard output" "$out" ""
same "its table" "$(head -1 kept/metrics.csv)" $columns
[ -s kept/config.yaml ] && [ -s kept/run.json ]; ok $? "settings and record"
same "the checksum is that of the numbers" "$(sed -n 's/.*"data_checksum":[^"]*"\(.*\)".*/\1/p' kept/run.json)" \
  "$($py -c 'import struct, zlib
print("%08x" % zlib.crc32(struct.pack("<8d", 1, 1, -1, 1, 1, -1, -1, -1)))')"
grep -q 'center: on' kept/config.yaml; ok $? "every key is kept" "$(cat kept/config.yaml)"
es metrics square.csv --config kept/config.yaml --csv again.csv; ok $rc "--config, --csv" "$err"
cmp -s again.csv kept/metrics.csv; ok $? "give the same bytes"
es metrics square.csv -o kept; expect "an existing folder" 2 "kept: exists"
es metrics one.csv kind=spectrum --json; ok $rc "--json" "$err"
grep -q '"alpha_req":.*"inf"' <<<"$out" && grep -q '"n_dead":.*3' <<<"$out"; ok $? "has all figures" "$out"
es metrics none.csv --dry-run; ok $rc "--dry-run reads nothing" "$err"
grep -q 'kind: representation' <<<"$out"; ok $? "and prints the settings" "$out"
es metrics --help; ok $rc "--help" "$err"
grep -q 'metrics.kind' <<<"$out" && ! grep -q '^  model\.' <<<"$out"; ok $? "has its keys alone" "$out"
es list keys; grep -q 'metrics.center' <<<"$out"; ok $? "list keys has them"

# What is refused.
es metrics; expect "no file" 2 "FILE is missing"
es metrics square.csv kind=matrix; expect "a kind there is not" 2 "kind=matrix.*representation.*spectrum"
es metrics square.csv centre=on; expect "a key there is not" 2 "centre.*center"
es metrics square.txt; expect "an ending there is not" 2 "square.txt.*PATH.csv"
es metrics none.csv; expect "no such file" 3 "none.csv"
mkdir folder.csv folder.npy
es metrics folder.csv; expect "a folder" 3 "folder.csv"
es metrics folder.npy; expect "another" 3 "folder.npy"
: >empty.csv
es metrics empty.csv; expect "an empty file" 3 "empty.csv.*no numbers"
printf '1,2\n3,nan\n' >nan.csv
es metrics nan.csv; expect "nan" 3 "row 2, column 2"
es metrics nan.csv kind=spectrum; expect "nan in a spectrum" 3 "row 2, column 2"
printf '3\n2\n-1\n' >negative.csv
es metrics negative.csv kind=spectrum; expect "a negative singular value" 3 "row 3, column 1: -1"
es metrics square.csv kind=spectrum; expect "a table for a spectrum" 3 "4 x 2"
printf 'NUMPY' >bad.npy
es metrics bad.npy; expect "a damaged file" 3 "bad.npy"
es metrics square.csv -o /proc/none/x; expect "an unwritable folder" 3 "/proc/none"
nothing_in "nothing is left" folder.csv

if $py -c 'import h5py, numpy' 2>/dev/null; then
  $py - >want <<'PY'
import h5py, numpy as np

rng = np.random.default_rng(5)
x = rng.normal(size=(2000, 64)) * 0.8 ** np.arange(64) @ rng.normal(size=(64, 64)) + 30
np.save("x64.npy", x)
np.save("x32.npy", x.astype(np.float32))
np.save("wide.npy", np.asfortranarray(x[:20]))
with h5py.File("x.h5", "w") as f:
    f["deep/x"] = x
    f["x32"] = x.astype(np.float32)
    f["cube"] = x.reshape(40, 50, 64)
    f["sigma"] = np.linalg.svd(x - x.mean(0), compute_uv=False)[::-1]


def metrics(x):
    n, d = x.shape
    s = np.zeros(d)
    found = np.linalg.svd(x - x.mean(0), compute_uv=False)
    s[: len(found)] = found
    q = s / s.sum()
    p = q[q > 0]
    kept = s[s > 1e-6 * s[0]]
    slope = np.polyfit(np.log(np.arange(1, len(kept) + 1)), np.log(kept**2), 1)[0]
    return (
        np.cumsum(q).mean(),
        np.exp(-(p * np.log(p)).sum()),
        -slope,
        (s**2).sum() ** 2 / (s**4).sum(),
        (s < 1e-6 * s[0]).sum(),
    )


for y in (x, x.astype(np.float32).astype(float), x[:20]):
    print(*map(repr, map(float, metrics(y))))
PY
  ok $? "NumPy's own"
  against() { # row of want, file, settings…
    local row=$1; shift
    es metrics "$@"; ok $rc "metrics $*" "$err"
    read -r auc rankme alpha pr dead < <(sed -n "${row}p" want)
    close "auc" "$(column auc)" "$auc" 1e-12
    close "rankme" "$(column rankme)" "$rankme" 1e-11
    close "alpha_req" "$(column alpha_req)" "$alpha" 1e-8 # of values 1e-6 of the first
    close "participation_ratio" "$(column participation_ratio)" "$pr" 1e-11
    close "n_dead" "$(column n_dead)" "$dead" 0
  }
  against 1 x64.npy
  against 1 x.h5:/deep/x
  against 1 file:x.h5:/sigma kind=spectrum
  against 2 x32.npy
  against 2 x.h5:/x32
  against 3 wide.npy
  es metrics x.h5:/nothing; expect "no such dataset" 3 "nothing"
  es metrics x.h5:/cube; expect "three dimensions" 3 "three dimensions"
  es metrics x.h5; expect "no dataset" 2 "which dataset"
else
  skip "NumPy's own" "no numpy or h5py"
fi
finish
