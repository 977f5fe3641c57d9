_base_ = './fpn_uhrnet-w18.py'
model = dict(
    backbone=dict(
        arch='w48',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w48_in1k.pth',
            prefix='backbone.')),
    neck=dict(in_channels=[24, 48, 96, 192, 384]))
