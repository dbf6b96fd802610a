#!/bin/bash
# The same diagram over the ranks of one job: sbatch -n 64 sweep_mpi.sh, or
# RANKS=2 bash sweep_mpi.sh on one machine. Rank 0 also deals out the cells.
#SBATCH --job-name=phase
#SBATCH --ntasks=64
#SBATCH --cpus-per-task=1
exec mpirun ${RANKS:+-n "$RANKS"} eigenstep sweep byol-eigenmode \
  --config phase.yaml --threads 1 -o out/phase-mpi
