"""``uhrnet predict`` on videos and webcams."""

import cv2
import numpy as np
import pytest
from untrained import SEGMENTOR

from uhrnet.apis import videos
from uhrnet.apis.videos import VideoFile, read_frames
from uhrnet.console import live, main


@pytest.fixture
def clip(scenes, tmp_path):
    """The four validation images of the scenes, as a video."""
    path = tmp_path / 'in' / 'clip.avi'
    with VideoFile(path, 8, (96, 64)) as file:
        for image in sorted((scenes / 'images/val').iterdir()):
            file.write(cv2.imread(str(image))[..., ::-1])
    return path


def predict(*arguments):
    main(['predict', *map(str, arguments), '--device', 'cpu'])


def test_a_video_is_annotated_in_order(
    loaded, untrained, clip, tmp_path, capsys
):
    folder, out = untrained(SEGMENTOR), tmp_path / 'out.avi'
    predict(folder, clip, '--out', out, '--batch', 2)
    said = capsys.readouterr().out
    assert 'frame 4/4' in said
    assert f'{clip}: 4 frames in ' in said
    assert 'the source has 8 frames/s. Written to' in said
    written = np.stack(list(read_frames(out))).astype(int)
    expected = np.stack(
        [x.draw() for x in loaded(folder).predict(clip)]
    ).astype(int)
    assert written.shape == expected.shape
    # each is the nearest to its own, whatever JPEG has made of it
    distances = np.abs(written[:, None] - expected[None]).mean((2, 3, 4))
    assert distances.argmin(axis=1).tolist() == [0, 1, 2, 3]
    assert cv2.VideoCapture(str(out)).get(cv2.CAP_PROP_FPS) == 8


def test_a_video_is_not_replaced_by_itself(untrained, clip, capsys):
    content = clip.read_bytes()
    with pytest.raises(SystemExit) as end:
        predict(untrained(SEGMENTOR), clip, '--out', clip)
    assert end.value.code == 1
    assert 'is the video itself' in capsys.readouterr().err
    assert clip.read_bytes() == content


def test_a_folder_is_made_once(untrained, clip, tmp_path, capsys):
    out = tmp_path / 'out'
    for _ in range(2):
        predict(untrained(SEGMENTOR), clip, '--out', out)
    assert f'{out}/clip_overlay.mp4 is there already' in capsys.readouterr()[0]
    assert sorted(x.name for x in out.iterdir()) == [
        '.uhrnet.json',
        'clip_overlay.mp4',
    ]


def test_a_damaged_video_and_one_more(untrained, clip, tmp_path, capsys):
    damaged = clip.with_name('a.mp4')
    damaged.write_bytes(b'no video')
    out = tmp_path / 'out'
    with pytest.raises(SystemExit) as end:
        predict(untrained(SEGMENTOR), damaged, clip, '--out', out)
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert f'error: {damaged} cannot be read as a video' in said
    assert (out / 'clip_overlay.mp4').exists()


def test_a_video_that_ends_early(untrained, clip, tmp_path, capsys):
    content = clip.read_bytes()
    clip.write_bytes(content[: len(content) // 2])
    out = tmp_path / 'out.mp4'
    predict(untrained(SEGMENTOR), clip, '--out', out)
    number = len(list(read_frames(out)))
    assert 0 < number < 4
    said = capsys.readouterr().err
    assert f'{clip}: {4 - number} frames are missing' in said


class Webcam(videos.Video):
    """Pictures without an end."""

    def __init__(self, source):
        self.rate, self.count, self.size = 25.0, None, (96, 64)

    def __iter__(self):
        for number in range(1000):
            yield np.full((64, 96, 3), number, np.uint8)

    def __exit__(self, *error):
        pass


def test_webcam_in_a_window_until_q(untrained, monkeypatch, capsys):
    shown, keys = [], [-1, -1, ord('q')]
    monkeypatch.setattr(live, 'Video', Webcam)
    monkeypatch.setattr(cv2, 'imshow', lambda _, image: shown.append(image))
    monkeypatch.setattr(cv2, 'waitKey', lambda _: keys.pop(0))
    predict(untrained(SEGMENTOR), 0)
    assert len(shown) == 3 and shown[0].shape == (64, 96, 3)
    assert '0: 2 frames in' in capsys.readouterr().out


def test_webcam_to_a_file_until_interrupted(
    untrained, monkeypatch, tmp_path, capsys
):
    drawn = []

    def draw(found, args):
        if len(drawn) == 3:
            raise KeyboardInterrupt
        drawn.append(found)
        return found.draw()

    monkeypatch.setattr(live, 'Video', Webcam)
    monkeypatch.setattr(live, 'draw', draw)
    predict(untrained(SEGMENTOR), 0, '--out', tmp_path / 'cam.avi')
    assert len(list(read_frames(tmp_path / 'cam.avi'))) == 3
    assert '0: 3 frames in' in capsys.readouterr().out


def test_no_screen(untrained, monkeypatch, capsys):
    def imshow(*_):
        raise cv2.error('no display')

    monkeypatch.setattr(live, 'Video', Webcam)
    monkeypatch.setattr(cv2, 'imshow', imshow)
    with pytest.raises(SystemExit) as end:
        predict(untrained(SEGMENTOR), 0)
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert 'no window can be opened' in said and '--out webcam.mp4' in said
