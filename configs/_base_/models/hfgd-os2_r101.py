# Up to stride 2, from the stem.
_base_ = './hfgd_r101.py'
model = dict(
    backbone=dict(type='StemResNetV1c'),
    decode_head=dict(
        in_channels=[64, 256, 512, 1024, 2048],
        in_index=[0, 1, 2, 3, 4],
        output_stride=2))
