"""Versions, devices and what is missing."""

from uhrnet.console import info, main


def lines(capsys):
    main(['info'])
    return dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()
    )


def test_what_is_there(capsys):
    import torch

    from uhrnet.version import __version__

    found = lines(capsys)
    assert found['uhrnet'] == __version__
    assert found['torch'] == f'{torch.__version__} (torch)'
    assert 'cpu, ' in found['device'] or 'cuda:0' in found['device']
    assert {'mmengine', 'mmcv', 'mmseg', 'mmdet', 'cv2'} <= {*found}
    kinds = ('(mmcv)', '(mmcv-lite)', '(onedl-mmcv)')
    assert found['mmcv'].endswith(kinds)


def test_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(info, 'is_there', lambda name: name == 'torch')
    found = lines(capsys)
    assert found['mmdet'] == "missing: pip install 'mmdet>=3.3'"
    assert found['openvino'] == (
        "missing (--backend openvino): pip install 'uhrnet[deployment]'"
    )
    assert found['PNG'] == 'decoder  OpenCV'
