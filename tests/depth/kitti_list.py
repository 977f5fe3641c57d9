"""A list of KITTI, made up."""


def eigen_list(root):
    """As the published list for testing: 697 lines, 45 without depth."""
    lines = []
    for i in range(697):
        day, drive = '2011_09_26', f'2011_09_26_drive_{i // 25:04}_sync'
        depth = f'{drive}/proj_depth/groundtruth/image_02/{i:010}.png'
        if i % 15 == 3 and i < 675:
            depth = 'None'
        lines.append(
            f'{day}/{drive}/image_02/data/{i:010}.png {depth} 721.5377'
        )
    assert sum(' None ' in line for line in lines) == 45
    path = root / 'kitti_eigen_test.txt'
    path.write_text('\n'.join(lines) + '\n')
    return path
