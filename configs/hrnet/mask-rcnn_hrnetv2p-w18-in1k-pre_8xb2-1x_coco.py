_base_ = [
    '../_base_/models/mask-rcnn_hrnetv2p-w18.py',
    '../_base_/datasets/coco_instance.py',
    '../_base_/schedules/sgd_step_1x.py',
    '../_base_/default_runtime_det.py'
]
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained', checkpoint='open-mmlab://msra/hrnetv2_w18')))
