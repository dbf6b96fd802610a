# Faults: an allocation, a write, a flush, a rename or a read that fails, in a
# few commands and at a part of their places; `make faults` has them all.
. tests/cli/lib.sh
faulty=$root/build/${ES_CFG:-release}/eigenstep-faults
faults() { # name, commands and options…
  local name=$1; shift
  found=$(/usr/bin/python3 "$root/tests/faults/faults.py" "$faulty" "$@" \
    --own "$program" 2>&1)
  ok $? "$name" "$found"
}
faults "every write, flush, name and read of a folder" predict \
  --families write,flush,name,read --every 9
faults "allocations of a trajectory" flow --families alloc --every 19
faults "a training" train --families alloc,write,flush,name --every 80
# What is wanting when a stage is taken up again is no change of its settings.
faults "an experiment that goes on" run-resume --families alloc,read --alike 1 --every 7
faults "a training over another: the old record goes first" train-force \
  --families name --modes one --alike 1
faults "what could not be read once is not read again" overlay-own \
  --families read --modes one --alike 1 --every 4
finish
