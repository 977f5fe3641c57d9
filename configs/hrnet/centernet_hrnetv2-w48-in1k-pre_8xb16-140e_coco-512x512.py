_base_ = './centernet_hrnetv2-w18-in1k-pre_8xb16-140e_coco-512x512.py'
model = dict(
    backbone=dict(
        arch='w48',
        init_cfg=dict(checkpoint='open-mmlab://msra/hrnetv2_w48')),
    neck=dict(in_channels=[48, 96, 192, 384]))
