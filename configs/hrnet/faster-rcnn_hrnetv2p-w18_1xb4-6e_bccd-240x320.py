_base_ = [
    '../_base_/models/faster-rcnn_hrnetv2p-w18.py',
    '../_base_/datasets/bccd_240x320.py',
    '../_base_/schedules/adamw_cosine_6e.py',
    '../_base_/default_runtime_det.py'
]
model = dict(
    # from scratch, so statistics are learnt
    backbone=dict(norm_cfg=dict(type='SyncBN'), norm_eval=False),
    roi_head=dict(bbox_head=dict(num_classes=3)),
    train_cfg=dict(rcnn=dict(sampler=dict(num=128))))
