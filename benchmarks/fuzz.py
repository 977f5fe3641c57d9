"""Feed damaged and hostile files to everything that reads files.

    python benchmarks/fuzz.py                    # all, the stated numbers
    python benchmarks/fuzz.py --only tar COCO --executions 1000 --seed 7

What is allowed is to be read, or to be refused by a declared error that names
the file. Other errors, hangs, crashes, more memory than 2 GiB, and whatever
does what no file may do (start a program, connect, write elsewhere, unpickle)
are failures: the inputs go to --failures, and the exit status is 1.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

try:
    import uhrnet
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))
    import uhrnet  # noqa: F401

import torch
from fuzzing import converters, parsers, pixels
from fuzzing.watch import fuzz, name_of

_MODULES = (converters, parsers, pixels)
TARGETS = {k: v for m in _MODULES for k, v in m.TARGETS.items()}
EXECUTIONS = {k: v for m in _MODULES for k, v in m.EXECUTIONS.items()}


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--only', nargs='+', choices=TARGETS, default=TARGETS)
    parser.add_argument(
        '--executions', type=int, help='of each; default: a table of them'
    )
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--failures',
        type=Path,
        default=Path('fuzz_failures'),
        help='folder for inputs that failed, made if there are any',
    )
    return parser.parse_args()


def main() -> None:
    """Fuzz one target after the other and print a table."""
    args = parse_args()
    torch.set_num_threads(1)
    print(f'seed {args.seed}')
    print('| target | executions | read | refused | failed | seconds |')
    print('| --- | --- | --- | --- | --- | --- |')
    total, failed = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name in args.only:
            start = time.monotonic()
            outcome = fuzz(
                TARGETS[name],
                args.executions or EXECUTIONS[name],
                args.seed,
                Path(folder),
            )
            refused = ', '.join(
                f'{kind} {n}' for kind, n in sorted(outcome.refused.items())
            )
            print(
                f'| {name} | {outcome.executions} | {outcome.accepted} | '
                f'{refused} | {len(outcome.failures)} | '
                f'{time.monotonic() - start:.0f} |',
                flush=True,
            )
            total += outcome.executions
            failed += len(outcome.failures)
            for problem, data in outcome.failures.items():
                args.failures.mkdir(parents=True, exist_ok=True)
                path = args.failures / f'{name}-{name_of(data)}'.replace(
                    ' ', '-'
                )
                path.write_bytes(data)
                print(f'  {path}: {problem:.400}')
    print(f'{total} executions, {failed} failures')
    sys.exit(bool(failed))


if __name__ == '__main__':
    main()
