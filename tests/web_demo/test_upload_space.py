"""How much of the disk uploads may take."""

import asyncio

import pytest

from uhrnet.web_demo.upload_space import NoSpace, UploadSpace

SIZE = 8192


def write(path):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(SIZE))


def test_a_folder_that_is_full(tmp_path):
    space = UploadSpace(tmp_path, room=3 * SIZE, largest=SIZE)

    async def upload(name):
        async with space.one():
            write(tmp_path / name / 'a.png')

    asyncio.run(upload('1'))
    with pytest.raises(NoSpace, match='no room for more pictures'):
        for number in range(2, 5):
            asyncio.run(upload(str(number)))
    assert 1 <= len(list(tmp_path.iterdir())) < 4
    (tmp_path / '1/a.png').unlink()
    asyncio.run(upload('1'))


def test_those_under_way_count(tmp_path):
    space = UploadSpace(tmp_path, room=2 * SIZE, largest=SIZE)

    async def three():
        async with space.one(), space.one():
            with pytest.raises(NoSpace):
                async with space.one():
                    pass

    asyncio.run(three())


def test_many_empty_files_take_room(tmp_path):
    for number in range(10):
        (tmp_path / str(number)).touch()

    async def one():
        async with UploadSpace(tmp_path, 5 * SIZE, 1).one():
            pass

    with pytest.raises(NoSpace):
        asyncio.run(one())


def test_what_broke_off_is_deleted(tmp_path):
    space = UploadSpace(tmp_path, room=10 * SIZE, largest=SIZE)
    write(tmp_path / 'whole/a.png')

    async def broken():
        async with space.one():
            async with space.one():
                write(tmp_path / 'tmp1')
            # the other one may still be of use
            assert (tmp_path / 'tmp1').exists()
            write(tmp_path / 'tmp2')
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        asyncio.run(broken())
    assert [x.name for x in tmp_path.iterdir()] == ['whole']
