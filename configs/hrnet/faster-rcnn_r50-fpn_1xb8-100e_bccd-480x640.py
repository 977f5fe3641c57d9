_base_ = [
    '../_base_/models/faster-rcnn_hrnetv2p-w18.py',
    '../_base_/datasets/bccd_480x640.py',
    '../_base_/schedules/adamw_cosine_100e.py',
    '../_base_/default_runtime_det.py'
]
model = dict(
    # what HRNet and U-HRNet are compared with
    backbone=dict(
        _delete_=True,
        type='ResNet',
        depth=50,
        norm_cfg=dict(type='SyncBN'),
        norm_eval=False),
    neck=dict(
        _delete_=True,
        type='FPN',
        in_channels=[256, 512, 1024, 2048],
        out_channels=256,
        num_outs=5),
    roi_head=dict(bbox_head=dict(num_classes=3)))
