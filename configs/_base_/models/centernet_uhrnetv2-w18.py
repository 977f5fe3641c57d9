_base_ = './centernet_hrnetv2-w18.py'
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    # of the original's segmentation, for RGB in 0-255
    data_preprocessor=dict(
        mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5]),
    backbone=dict(_delete_=True, type='UHRNet', arch='w18', norm_cfg=norm_cfg),
    neck=dict(in_channels=[9, 18, 36, 72, 144]))
