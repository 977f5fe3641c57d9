"""Videos and a webcam, without either."""

import cv2
import numpy as np
import pytest

from uhrnet.apis import videos
from uhrnet.apis.videos import Video, VideoFile, is_webcam, read_frames
from uhrnet.errors import ConfigError, DataError


def frame(number, height=32, width=48):
    """Brighter from one to the next; red, to tell the channels' order."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = 20 * number
    return image


def write(path, count=6, rate=12.0):
    with VideoFile(path, rate, (48, 32)) as file:
        for number in range(count):
            file.write(frame(number))
    return path


@pytest.mark.parametrize('suffix', ['.avi', '.mp4'])
def test_frames_come_back_in_order(tmp_path, suffix):
    path = write(tmp_path / 'new' / f'clip{suffix}')
    with Video(path) as video:
        assert video.rate == 12 and video.count == 6
        assert video.size == (48, 32)
        reds = [x[..., 0].mean() for x in video]
    assert np.allclose(reds, [20 * x for x in range(6)], atol=8)
    assert all(x[..., 2].mean() < 12 for x in read_frames(path))
    assert [x.name for x in path.parent.iterdir()] == [path.name]


def test_a_video_is_whole_or_not_there(tmp_path):
    path = tmp_path / 'clip.avi'
    with pytest.raises(KeyboardInterrupt), VideoFile(path, 5, (48, 32)) as x:
        x.write(frame(0))
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(ConfigError, match=r'clip.gif: videos are .*\.mp4'):
        VideoFile(tmp_path / 'clip.gif', 5, (48, 32))
    with (
        pytest.raises(DataError, match='48x16, and the first was 48x32'),
        VideoFile(tmp_path / 'clip.avi', 5, (48, 32)) as file,
    ):
        file.write(frame(0, height=16))


def test_what_cannot_be_read(tmp_path):
    path = tmp_path / 'clip.avi'
    path.write_bytes(b'no video')
    with pytest.raises(DataError, match=r'clip.avi cannot be read as a video'):
        Video(path)


class Camera:
    """Two pictures, and no idea of its own frame rate."""

    def __init__(self, name):
        self.name = name
        self.left = 2

    def isOpened(self):
        return self.name == 0

    def get(self, key):
        sizes = {
            cv2.CAP_PROP_FRAME_WIDTH: 48,
            cv2.CAP_PROP_FRAME_HEIGHT: 32,
        }
        return sizes.get(key, 0.0)

    def read(self):
        self.left -= 1
        return self.left >= 0, frame(1)[..., ::-1]

    def release(self):
        self.left = 0


def test_webcam(monkeypatch):
    monkeypatch.setattr(videos.cv2, 'VideoCapture', Camera)
    with Video('0') as video:
        assert (video.rate, video.count) == (25, None)
        assert [x[0, 0].tolist() for x in video] == [[20, 0, 0]] * 2
    with pytest.raises(DataError, match='there is no webcam 3'):
        Video(3)


def test_numbers_are_webcams_unless_they_are_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_webcam(0) and is_webcam('1') and not is_webcam('clip.mp4')
    (tmp_path / '1').touch()
    assert not is_webcam('1')
