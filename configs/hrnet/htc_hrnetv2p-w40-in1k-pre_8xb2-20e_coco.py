_base_ = './htc_hrnetv2p-w18-in1k-pre_8xb2-20e_coco.py'
model = dict(
    backbone=dict(
        arch='w40',
        init_cfg=dict(checkpoint='open-mmlab://msra/hrnetv2_w40')),
    neck=dict(in_channels=[40, 80, 160, 320]))
