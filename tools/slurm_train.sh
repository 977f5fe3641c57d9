#!/usr/bin/env bash
# Train through Slurm:
#   tools/slurm_train.sh PARTITION JOB_NAME CONFIG [WORK_DIR] [options]
# GPUS (8), GPUS_PER_NODE (8), CPUS_PER_TASK (5) and SRUN_ARGS come from the
# environment.
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: $0 PARTITION JOB_NAME CONFIG [WORK_DIR] [options]" >&2
    exit 2
fi
partition=$1 job=$2 config=$3
shift 3
work_dir=()
if [ $# -gt 0 ] && [[ $1 != -* ]]; then
    work_dir=(--work-dir "$1")
    shift
fi
gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-8}
if [ "$gpus" -lt "$per_node" ]; then per_node=$gpus; fi
read -ra srun_args <<< "${SRUN_ARGS:-}"
exec srun -p "$partition" \
    --job-name="$job" \
    --gres="gpu:$per_node" \
    --ntasks="$gpus" \
    --ntasks-per-node="$per_node" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 \
    ${srun_args[@]+"${srun_args[@]}"} \
    "${PYTHON:-python}" -u "$(dirname "${BASH_SOURCE[0]}")/train.py" \
    "$config" --launcher slurm ${work_dir[@]+"${work_dir[@]}"} "$@"
