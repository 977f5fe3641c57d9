import errno
import os
from pathlib import Path

import pytest
import torch
from small_training import Losses, build, weights

from uhrnet.checkpoint_file import write_whole
from uhrnet.compat.checkpoint import CheckpointError, check_complete
from uhrnet.engine import whole_files
from uhrnet.engine.hooks.safe_checkpoint import SaveError
from uhrnet.engine.resumption import find_complete_checkpoint


@pytest.fixture
def writing(monkeypatch):
    """Fail at a given write of a checkpoint, in the middle of the file."""

    def fail_at(number, error):
        count = 0

        def write(path, function):
            nonlocal count
            count += 1

            def half(file):
                function(file)
                file.truncate(file.tell() // 2)
                raise error

            write_whole(path, half if count == number else function)

        monkeypatch.setattr(whole_files, 'write_whole', write)

    return fail_at


def names(folder):
    return sorted(path.name for path in folder.glob('*.pth'))


def test_the_newest_are_kept(tmp_path):
    build(tmp_path).train()
    assert names(tmp_path) == ['iter_12.pth', 'iter_9.pth']
    assert not [*tmp_path.glob('.*.unfinished')]


def test_full_disk(tmp_path, writing):
    """The error names what is left, that is intact, and resume works."""
    whole = build(tmp_path / 'whole')
    whole.train()
    writing(4, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    folder = tmp_path / 'run'
    with pytest.raises(SaveError) as caught:
        build(folder).train()
    text = str(caught.value)
    assert 'iter_12.pth could not be written, is the disk full?' in text
    assert 'No space left on device' in text
    assert f'{folder}/iter_9.pth is intact' in text and '--resume' in text
    # Old ones go when new ones are there.
    assert names(folder) == ['iter_6.pth', 'iter_9.pth']
    for path in folder.glob('*.pth'):
        check_complete(path)
    assert not [*folder.glob('.*.unfinished')]
    resumed = build(folder, resume=True)
    resumed.train()
    assert torch.equal(weights(resumed), weights(whole))
    assert names(folder) == ['iter_12.pth', 'iter_9.pth']


def test_the_first_checkpoint_may_fail_too(tmp_path, writing):
    writing(1, OSError(errno.ENOSPC, 'full'))
    with pytest.raises(
        SaveError, match=r'iter_3.*full\)\. make room'
    ) as found:
        build(tmp_path).train()
    assert 'intact' not in str(found.value)


def test_a_single_kept_checkpoint_is_never_missing(tmp_path, writing):
    """mmengine removes it before it writes the next."""
    writing(2, OSError(errno.ENOSPC, 'full'))
    with pytest.raises(SaveError):
        build(tmp_path / 'run', checkpoint=dict(max_keep_ckpts=1)).train()
    assert names(tmp_path / 'run') == ['iter_3.pth']


def test_the_best_checkpoint_is_replaced_and_never_missing(tmp_path, writing):
    kwargs = dict(
        checkpoint=dict(interval=2, save_best='m/mean', rule='less'),
        train_cfg=dict(max_iters=6, val_interval=2),
    )

    class Better(Losses):
        priority = 'VERY_HIGH'

        def after_val_epoch(self, runner, metrics):
            metrics['m/mean'] = -runner.iter

    folder = tmp_path / 'run'
    build(folder, Better(), **kwargs).train()
    assert names(folder) == [
        'best_m_mean_iter_6.pth', 'iter_4.pth', 'iter_6.pth',
    ]  # fmt: skip
    folder = tmp_path / 'full'
    # ordinary, best, ordinary with the name of the best; and again
    writing(5, OSError(errno.ENOSPC, 'full'))
    with pytest.raises(SaveError, match=r'iter_4\.pth is intact') as found:
        build(folder, Better(), **kwargs).train()
    assert str(found.value).count('make room') == 1
    assert names(folder) == [
        'best_m_mean_iter_2.pth', 'iter_2.pth', 'iter_4.pth',
    ]  # fmt: skip


def test_resume_passes_over_damaged_checkpoints(tmp_path, capfd):
    whole = build(tmp_path / 'whole')
    whole.train()
    folder = tmp_path / 'run'
    build(folder).train()
    damaged = folder / 'iter_12.pth'
    content = bytearray(damaged.read_bytes())
    content[len(content) // 3] ^= 1
    damaged.write_bytes(content)
    resumed = build(folder, resume=True)
    resumed.train()
    text = capfd.readouterr().out
    assert f'Not resuming from {damaged}' in text
    assert torch.equal(weights(resumed), weights(whole))
    check_complete(damaged)


@pytest.fixture
def folder(tmp_path):
    """Two small checkpoints, the second one the last."""
    for age, name in ((20, 'iter_1.pth'), (10, 'iter_2.pth')):
        torch.save(dict(a=torch.zeros(100)), tmp_path / name)
        time = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (time, time))
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'iter_2.pth'))
    return tmp_path


def test_which_checkpoint_is_the_last(folder):
    assert find_complete_checkpoint(folder) == str(folder / 'iter_2.pth')
    (folder / 'last_checkpoint').write_text(str(folder / 'iter_1.pth'))
    assert find_complete_checkpoint(folder) == str(folder / 'iter_1.pth')
    # as a kill may leave it
    (folder / 'last_checkpoint').write_text('')
    assert find_complete_checkpoint(folder) == str(folder / 'iter_2.pth')
    (folder / 'last_checkpoint').unlink()
    assert find_complete_checkpoint(folder) == str(folder / 'iter_2.pth')
    (folder / 'last_checkpoint').write_text('/elsewhere/iter_1.pth')
    assert find_complete_checkpoint(folder) == str(folder / 'iter_1.pth')
    (folder / 'last_checkpoint').write_text('s3://bucket/iter_3.pth')
    assert find_complete_checkpoint(folder) == 's3://bucket/iter_3.pth'


@pytest.mark.parametrize('kept', [0, 100, -1])
def test_truncated_ones_are_passed_over(kept, folder):
    path = folder / 'iter_2.pth'
    path.write_bytes(path.read_bytes()[:kept])
    assert find_complete_checkpoint(folder) == str(folder / 'iter_1.pth')
    (folder / 'iter_1.pth').write_bytes(b'')
    with pytest.raises(CheckpointError, match='all are damaged') as found:
        find_complete_checkpoint(folder)
    assert all(f'iter_{i}.pth' in str(found.value) for i in (1, 2))


def test_no_checkpoint_starts_anew(tmp_path):
    assert find_complete_checkpoint(tmp_path) is None
    losses = Losses()
    build(tmp_path, losses, resume=True).train()
    assert next(iter(losses.seen)) == 1


def test_leftovers_of_a_kill_are_removed(tmp_path):
    left = tmp_path / '.iter_3.pth.77.unfinished'
    left.write_bytes(b'half')
    build(tmp_path).train()
    assert not left.exists()


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / 'new' / 'a'

    def write(file):
        assert not path.exists()
        file.write(b'content')
        assert Path(file.name).parent == path.parent

    assert write_whole(path, write) == path
    assert path.read_bytes() == b'content'
    with pytest.raises(OSError, match='a could not be written.*no luck'):
        write_whole(
            path, lambda file: (_ for _ in ()).throw(OSError('no luck'))
        )
    assert path.read_bytes() == b'content'
    assert [*path.parent.iterdir()] == [path]


def test_other_storages_write_as_they_do(tmp_path):
    from uhrnet.engine.hooks import SafeCheckpointHook

    assert SafeCheckpointHook().backend_args == dict(backend='whole_files')
    assert SafeCheckpointHook(out_dir='s3://a').backend_args is None
    local = dict(backend='local')
    assert SafeCheckpointHook(backend_args=local).backend_args == local
