_base_ = './centernet_uhrnetv2-w18_8xb16-140e_coco-512x512.py'
model = dict(
    backbone=dict(
        arch='w48',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w48_in1k.pth',
            prefix='backbone.')),
    neck=dict(in_channels=[24, 48, 96, 192, 384]))
