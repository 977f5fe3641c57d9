"""Freed memory is used again, without the system's help."""

import subprocess
import sys

import pytest

COUNT = """
import resource, sys
import torch
torch.set_num_threads(1)
from uhrnet.memory import keep_freed_memory
if sys.argv[1] == 'keep':
    if not keep_freed_memory():
        sys.exit('no such option')
net = torch.nn.Sequential(
    torch.nn.Conv2d(3, 64, 3, padding=1),
    torch.nn.Conv2d(64, 64, 3, padding=1),
    torch.nn.Conv2d(64, 8, 1),
)
image = torch.zeros(1, 3, 512, 512)  # maps of 64 MB
with torch.no_grad():
    for _ in range(4):
        net(image)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(2):
        net(image)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*arguments):
    done = subprocess.run(
        [sys.executable, '-c', COUNT, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if 'no such option' in done.stderr:
        pytest.skip('this C library has no mallopt')
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_pages_stay_mapped():
    kept, returned = faults('keep'), faults('return')
    print(f'page faults: {kept}, by default {returned}')
    assert kept < returned / 10
