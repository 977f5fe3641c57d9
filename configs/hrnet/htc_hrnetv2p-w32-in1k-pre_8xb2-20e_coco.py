_base_ = './htc_hrnetv2p-w18-in1k-pre_8xb2-20e_coco.py'
model = dict(
    backbone=dict(
        arch='w32',
        init_cfg=dict(checkpoint='open-mmlab://msra/hrnetv2_w32')),
    neck=dict(in_channels=[32, 64, 128, 256]))
