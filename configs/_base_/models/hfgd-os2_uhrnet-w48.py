# Up to stride 2, from the stem.
_base_ = './hfgd_uhrnet-w48.py'
model = dict(
    backbone=dict(return_stem=True),
    decode_head=dict(
        in_channels=[64, 24, 48, 96, 192, 384],
        in_index=[0, 1, 2, 3, 4, 5],
        high_index=[1, 2, 3, 4, 5],
        top=4,
        output_stride=2))
