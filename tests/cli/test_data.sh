# Data sets of files from the command line: small ones of CIFAR's and STL-10's
# formats, arrays, tinted images with their factors; and damaged ones.
. tests/cli/lib.sh
bt="flow barlow-twins d=2 init=gaussian t=0 --quiet"

# Files of records: /usr/bin/python3 is there for tests alone.
make_files() {
  /usr/bin/python3 - <<'PY'
import os, random
r = random.Random(1)
os.makedirs("data/cifar-10-batches-bin"); os.makedirs("c100/cifar-100-binary"); os.makedirs("stl")
def image(n):  # smooth enough to have modes
    a, b = r.randrange(256), r.randrange(256)
    return bytes((a * i // n + b * (n - i) // n + r.randrange(9)) % 256 for i in range(n))
for k in range(1, 6):
    with open(f"data/cifar-10-batches-bin/data_batch_{k}.bin", "wb") as f:
        for i in range(120): f.write(bytes([i % 10]) + image(3072))
with open("c100/cifar-100-binary/train.bin", "wb") as f:
    for i in range(20): f.write(bytes([i % 20, i % 100]) + image(3072))
for name, n in ("train", 6), ("unlabeled", 3):
    with open(f"stl/{name}_X.bin", "wb") as f:
        for i in range(n): f.write(image(27648))
open("stl/train_y.bin", "wb").write(bytes(range(1, 7)))
PY
}

# What is not there: exit 3, with the name of what to get and where to put it.
es run cifar10; [ "$rc" = 3 ]; ok $? "run cifar10 without its files is exit 3" "$rc $err"
grep -q 'data_batch_1.bin: missing: get the CIFAR-10 binary version.*folder data.*data.path' <<<"$err"
ok $? "and says what to get and where to put it" "$err"
[ ! -e out/cifar10/flow/trace.csv ]; ok $? "and makes no table"
es $bt data.name=cifar10; expect "cifar10" 3 "data/cifar-10-batches-bin/data_batch_1.bin: missing.*cifar-10-binary.tar.gz.*data.path"
es $bt data.name=cifar10 data.path=here data.split=test; expect "a folder that is not there" 3 "here/test_batch.bin: missing"
es $bt data.name=cifar100; expect "cifar100" 3 "data/cifar-100-binary/train.bin: missing.*CIFAR-100 binary version"
es $bt data.name=stl10 data.split=unlabeled; expect "stl10" 3 "unlabeled_X.bin: missing.*STL-10 binary version"
es $bt data.name=cifar10 data.split=unlabeled; expect "a part there is not" 2 "data.split=unlabeled.*cifar10.*train or test"
es $bt data.name=array; expect "array without a path" 2 "data.path.*FILE.csv"
es $bt data.name=array data.path=none.npy; expect "array without its file" 3 "none.npy"
es $bt data.name=array data.path=x.txt; expect "array of another ending" 2 "data.path=x.txt.*FILE.h5:/dataset"
es list datasets
for name in cifar10 cifar100 stl10 array tint; do grep -q "^$name  *[0-9a-zA-Z]" <<<"$out"; ok $? "list has $name"; done
es doctor
grep -q "^MISSING *cifar10 *data/cifar-10-batches-bin; install the CIFAR-10 binary version" <<<"$out"; ok $? "doctor misses cifar10" "$out"

# What is there.
make_files
es doctor; grep -q "^ok *cifar10 *data/cifar-10-batches-bin" <<<"$out"; ok $? "doctor finds cifar10" "$out"
sed 's/n: 500/n: 500, size: 8/' "$root/experiments/cifar10.yaml" >small.yaml
es run small.yaml --quiet; ok $rc "the CIFAR-10 preset runs, on small images" "$err"
[ -s out/small/flow/staircase.svg ] && [ -s out/small/flow/modes.svg ]; ok $? "and draws"
same "modes have colours" "$(head -1 out/small/flow/modes.csv)" "mode,gamma,x,y,value,red,green,blue"
es $bt data.name=cifar10 data.size=8; ok $rc "cifar10 in its default place" "$err"
es $bt data.name=cifar100 data.path=c100 data.size=8; ok $rc "cifar100" "$err"
es $bt data.name=stl10 data.path=stl data.size=8; ok $rc "stl10" "$err"
es $bt data.name=stl10 data.path=stl data.size=8 data.split=unlabeled; ok $rc "stl10, unlabeled" "$err"
es train barlow-covariance data.name=cifar10 data.size=8 batch=32 steps=2 eval_n=32 net.width=4 \
  augment.saturation=0.4 augment.hue=0.1 augment.gray=0.2 augment.blur=0.5 augment.brightness=0.4 augment.contrast=0.4 -o net --quiet
ok $rc "a network on colour images with all augmentations" "$err"
printf 'a,b\n1,2\n-3,4.5\n1e3,0\n' >x.csv
es $bt data.name=array data.path=x.csv -o array output.modes=on; ok $rc "an array" "$err"
# Gamma of equal views is the second moment: (1/3) sum x x^T.
close "its first eigenvalue" "$(/usr/bin/python3 -c 'import h5py; print(h5py.File("array/arrays.h5")["gamma"][:].ravel()[0])')" 333336.667 1e-6
[ ! -e array/factors.csv ]; ok $? "no factors where none are known"

# Damaged files: one line, exit 3.
size=$(stat -c %s data/cifar-10-batches-bin/data_batch_3.bin)
cp data/cifar-10-batches-bin/data_batch_3.bin whole
for cut in 0 1 3072 $((size - 1)); do
  head -c $cut whole >data/cifar-10-batches-bin/data_batch_3.bin
  es $bt data.name=cifar10 data.size=8; expect "CIFAR-10 cut to $cut bytes" 3 "data_batch_3.bin.*$cut bytes are not.*3073"
done
{ cat whole; printf x; } >data/cifar-10-batches-bin/data_batch_3.bin
es $bt data.name=cifar10 data.size=8; expect "a byte too many" 3 "data_batch_3.bin.*3073"
{ printf '\112'; tail -c +2 whole; } >data/cifar-10-batches-bin/data_batch_3.bin
es $bt data.name=cifar10 data.size=8; expect "a flipped bit of a class" 3 "data_batch_3.bin.*record 1 has class 74, expected 0 to 9"
printf '\001\002\003' >stl/train_y.bin
es $bt data.name=stl10 data.path=stl data.size=8; expect "too few classes" 3 "train_y.bin.*3 classes for 6 images"
printf '\001\002\003\004\005\013' >stl/train_y.bin
es $bt data.name=stl10 data.path=stl data.size=8; expect "a class that cannot be" 3 "train_y.bin.*class 11, expected 1 to 10"
printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 3), }" >huge.npy
es $bt data.name=array data.path=huge.npy; expect "NPY larger than its file" 3 "huge.npy.*1000000000 x 3"
head -c 40 huge.npy >cut.npy
es $bt data.name=array data.path=cut.npy; expect "NPY cut in its header" 3 "cut.npy"
printf '1,2\n3\n' >ragged.csv
es $bt data.name=array data.path=ragged.csv; expect "ragged CSV" 3 "ragged.csv"
/usr/bin/python3 -c '
import h5py, numpy
with h5py.File("x.h5", "w") as f:
    f["x"] = numpy.arange(18.).reshape(6, 3)
    f["cube"] = numpy.zeros((2, 3, 3))
    f.create_dataset("large", (1 << 30, 2), "f8")
b = bytearray(open("x.h5", "rb").read())
open("cut.h5", "wb").write(b[:len(b) // 2])
b[8] ^= 16
open("flip.h5", "wb").write(b)'
es $bt data.name=array data.path=x.h5:/x; ok $rc "HDF5" "$err"
es $bt data.name=array data.path=x.h5:/cube; expect "three dimensions" 3 "x.h5:/cube.*three dimensions.*a sample a row"
es $bt data.name=array data.path=x.h5:/large; expect "HDF5 that was never written" 3 "x.h5:/large"
es $bt data.name=array data.path=cut.h5:/x; expect "HDF5 cut off" 3 "cut.h5"
es $bt data.name=array data.path=flip.h5:/x; expect "HDF5 with a flipped bit" 3 "flip.h5"
# No memory for what a header promises. (The address sanitizer takes terabytes.)
if [ "${ES_CFG:-release}" = asan ]; then
  skip "within little memory" "address sanitizer"
else
  for path in huge.npy x.h5:/large; do
    (ulimit -v 600000; OMP_NUM_THREADS=1 "$program" $bt data.name=array data.path=$path >.out2 2>.err2; echo $? >.rc2)
    rc=$(cat .rc2) err=$(cat .err2)
    expect "within little memory: $path" 3 "$path"
  done
fi

# Tinted images: modes against their factors.
es $bt data.name=tint data.n=600 data.size=7 augment.shift=1 data.center=on output.modes=on -o tint
ok $rc "tint" "$err"
same "columns of factors.csv" "$(head -1 tint/factors.csv)" "mode,gamma,hue_r2,saturation_r2"
same "its modes" "$(tail -n +2 tint/factors.csv | cut -d, -f1 | tr '\n' ' ')" "$(seq -s ' ' 20) "
same "two modes know the hue" "$(awk -F, 'NR > 1 && $3 > 0.5' tint/factors.csv | wc -l)" 2
es $bt data.name=tint data.n=600 data.size=7 augment.shift=1 -o tint --force; ok $rc "again without modes" "$err"
[ ! -e tint/factors.csv ]; ok $? "removes the factors of before"
es $bt augment.hue=0.6; expect "hue beyond half a turn" 2 "augment.hue.*0.6.*0.5"
es $bt augment.blur=2; expect "a probability above 1" 2 "augment.blur.*2"
finish
