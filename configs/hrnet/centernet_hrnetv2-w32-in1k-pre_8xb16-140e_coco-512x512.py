_base_ = './centernet_hrnetv2-w18-in1k-pre_8xb16-140e_coco-512x512.py'
model = dict(
    backbone=dict(
        arch='w32',
        init_cfg=dict(checkpoint='open-mmlab://msra/hrnetv2_w32')),
    neck=dict(in_channels=[32, 64, 128, 256]))
