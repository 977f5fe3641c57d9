_base_ = './centernet_hrnetv2-w18-in1k-pre_8xb16-140e_coco-512x512.py'
model = dict(
    backbone=dict(
        arch='w40',
        init_cfg=dict(checkpoint='open-mmlab://msra/hrnetv2_w40')),
    neck=dict(in_channels=[40, 80, 160, 320]))
