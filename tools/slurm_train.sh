#!/usr/bin/env bash
# Train through Slurm:
#   tools/slurm_train.sh PARTITION JOB_NAME CONFIG [WORK_DIR] [options]
# GPUS (8), GPUS_PER_NODE (8), CPUS_PER_TASK (5) and SRUN_ARGS come from the
# environment.
#
# REQUEUE=1 goes on after a preemption or the end of the time: the job saves
# when Slurm tells it to, at the latest GRACE (120) seconds before the end, and
# is started again, with --resume. Within sbatch the batch job is requeued.
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
resume=()
if [ "${REQUEUE:-0}" = 1 ]; then
    srun_args+=(--signal="USR1@${GRACE:-120}")
    resume=(--resume)
fi
preempted=75 # the exit code of a training that was told to stop and has saved

while true; do
    code=0
    srun -p "$partition" \
        --job-name="$job" \
        --gres="gpu:$per_node" \
        --ntasks="$gpus" \
        --ntasks-per-node="$per_node" \
        --cpus-per-task="${CPUS_PER_TASK:-5}" \
        --kill-on-bad-exit=1 \
        ${srun_args[@]+"${srun_args[@]}"} \
        "${PYTHON:-python}" -u "$(dirname "${BASH_SOURCE[0]}")/train.py" \
        "$config" --launcher slurm ${work_dir[@]+"${work_dir[@]}"} \
        ${resume[@]+"${resume[@]}"} "$@" || code=$?
    if [ "${REQUEUE:-0}" != 1 ] || [ "$code" -ne "$preempted" ]; then
        exit "$code"
    fi
    if [ -n "${SLURM_JOB_ID:-}" ]; then
        echo "stopped and saved: requeueing job $SLURM_JOB_ID" >&2
        scontrol requeue "$SLURM_JOB_ID"
        exit "$code"
    fi
    echo 'stopped and saved: starting again, with --resume' >&2
done
