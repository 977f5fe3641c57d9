_base_ = './cascade-rcnn_uhrnetv2p-w18_8xb2-20e_coco.py'
model = dict(
    backbone=dict(
        arch='w48',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w48_in1k.pth',
            prefix='backbone.')),
    neck=dict(in_channels=[24, 48, 96, 192, 384]))
