# docs/examples as their users run them: Python over files and over the shared
# library, a job array with Slurm's variables set by hand, two ranks.
. "$(dirname "$0")/lib.sh"
if [ "${ES_CFG:-release}" != release ]; then
  skip "examples" "they are of what is installed: the release"
  finish
  exit
fi
examples=$root/docs/examples python=${PYTHON:-/usr/bin/python3}
export OMP_NUM_THREADS=1

# A folder with every kind of file.
small="data.n=16 data.size=12 train.batch=8 train.steps=2 train.eval_n=8 train.log_every=1 --threads 1 --quiet"
es train barlow-covariance net.width=64 method.dim=4 augment.shift=1 predict=conjugate $small -o runs/net
ok $rc "a training" "$err"
es embed runs/net data.split=test data.n=8 --threads 1 --quiet; ok $rc "its outputs" "$err"
es ntk runs/net ntk.n=4 ntk.outputs=1 --threads 1 --quiet; ok $rc "its kernel" "$err"
es sweep byol-eigenmode p0=0.1 s0=0.2 sweep.eta=lin:0.01:0.1:3 -o runs/sweep --quiet
es flow barlow-twins data.name=fashion-mnist data.n=40 d=2 init=gaussian output.modes=on \
  output.embeddings=3 -o runs/flow --quiet
ok $rc "a flow" "$err"
for module in pandas h5py yaml torchvision; do
  "$python" -c "import $module" 2>/dev/null || missing=$module
done
if [ -n "${missing:-}" ]; then
  skip "examples in Python" "no $missing"
else
  "$python" "$examples/read_run.py" runs >read 2>&1; ok $? "read_run.py" "$(tail -n 3 read)"
  unread=$(find runs -name '*.csv' -o -name '*.h5' -o -name run.json -o -name config.yaml |
    while read -r file; do grep -qF "$file" read || echo "$file"; done)
  same "reads every file" "$unread" ""
  grep -q '^runs/flow/steps.csv: 2 steps met, median error' read
  ok $? "and says how far off theory was" "$(tail -n 2 read)"
  "$python" "$examples/torchvision_weights.py" runs/net >weights 2>&1
  ok $? "weights in torchvision" "$(cat weights)"
  grep -q '^8 images, 512 features, relative difference' weights
  ok $? "compared on the images of embed.h5" "$(cat weights)"
fi

# The shared library.
"$python" "$examples/library.py" "$root"/build/release/libeigenstep.so.? >library 2>&1
ok $? "library.py" "$(cat library)"
same "its closed form" "$(sed -n 's/^closed form at t=5: //p' library)" 0.9999999999957517
es flow byol-eigenmode p0=0.3 s0=0.2 time.t=0,10,100
close "its flow is the program's" "$(sed -n 's/^p(100) = //p' library)" "$(cell 3 p_1 <<<"$out")" 1e-11
grep -q '^refused: model.eta=-1' library; ok $? "and errors have their line" "$(cat library)"

# Clusters: `eigenstep` is found in PATH, as it would be.
mkdir bin; ln -s "$program" bin/eigenstep; cp "$examples"/phase.yaml .
PATH=$work/bin:$PATH
es sweep byol-eigenmode --config phase.yaml -o out/whole --quiet; ok $rc "the whole grid" "$err"
for task in 1 2 3 4; do
  SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=4 \
    SLURM_ARRAY_TASK_STEP=1 SLURM_CPUS_PER_TASK=2 bash "$examples/sweep.slurm" >.out 2>&1
  ok $? "task $task of the array" "$(cat .out)"
done
es sweep --merge out/phase; ok $rc "the merge" "$err"
cmp -s out/phase/sweep.csv out/whole/sweep.csv; ok $? "is the whole table"
if ! command -v mpirun >/dev/null || "$program" doctor | grep -q "MPI *not built in"; then
  skip "ranks" "no mpirun, or MPI is not built in"
else
  ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 OMPI_ALLOW_RUN_AS_ROOT=1 \
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 RANKS=2 \
    timeout 60 bash "$examples/sweep_mpi.sh" >.out 2>&1
  ok $? "two ranks" "$(tail -n 2 .out)"
  cmp -s out/phase-mpi/sweep.csv out/whole/sweep.csv; ok $? "write the same table"
fi
finish
