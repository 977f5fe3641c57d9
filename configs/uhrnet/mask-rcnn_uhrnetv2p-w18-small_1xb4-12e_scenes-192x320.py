_base_ = [
    '../_base_/models/mask-rcnn_uhrnetv2p-w18.py',
    '../_base_/datasets/scenes-instance_192x320.py',
    '../_base_/schedules/adamw_cosine_12e.py',
    '../_base_/default_runtime_det.py'
]
model = dict(
    backbone=dict(arch='w18-small'),
    # many objects are smaller than 32 pixels
    rpn_head=dict(anchor_generator=dict(scales=[4])),
    roi_head=dict(
        bbox_head=dict(num_classes=3), mask_head=dict(num_classes=3)),
    train_cfg=dict(rcnn=dict(sampler=dict(num=128))))
