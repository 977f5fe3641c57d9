# Up to stride 2, from the stem.
_base_ = './hfgd_uhrnet-w18-small.py'
model = dict(
    backbone=dict(return_stem=True),
    decode_head=dict(
        in_channels=[64, 9, 18, 36, 72, 144],
        in_index=[0, 1, 2, 3, 4, 5],
        high_index=[1, 2, 3, 4, 5],
        top=4,
        output_stride=2))
