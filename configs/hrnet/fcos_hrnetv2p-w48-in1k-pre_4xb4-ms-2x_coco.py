_base_ = './fcos_hrnetv2p-w18-in1k-pre_4xb4-ms-2x_coco.py'
model = dict(
    backbone=dict(
        arch='w48',
        init_cfg=dict(checkpoint='open-mmlab://msra/hrnetv2_w48')),
    neck=dict(in_channels=[48, 96, 192, 384]))
