# A trained network through torchvision: what `embed` writes is what torchvision
# computes from arrays.h5, in its own names and shapes.
. tests/cli/lib.sh

python=/usr/bin/python3
packages="python3-torch, python3-torchvision, python3-h5py"
missing=
if [ "${ES_CFG:-release}" = asan ]; then
  missing="address sanitizer"
elif ! said=$($python -c 'import torchvision, h5py' 2>&1); then
  missing="no PyTorch (Debian: $packages)"
  [ -z "${CI:-}" ] || ok 1 "CI is set: $python has $packages" "$said"
fi

# name, steps, settings of the network and its images
compare() {
  local name=$1 steps=$2
  shift 2
  if [ -n "$missing" ]; then
    skip "$name" "$missing"
    return
  fi
  es train barlow-covariance data.n=32 train.batch=8 train.eval_n=8 \
    "train.steps=$steps" "$@" -o "$name" --quiet
  ok $rc "$name: train" "$err"
  es embed "$name"
  ok $rc "$name: embed" "$err"
  out=$($python -B "$root/tests/torch/embed.py" "$name" "$steps" 2>&1)
  ok $? "$name: torchvision's numbers" "$out"
}

compare resnet-18 2 net.depth=18 net.width=64 data.size=14
compare resnet-50 2 net.depth=50 net.width=8 data.size=14
compare small 3 net.depth=10 net.width=8 data.center=on
finish
