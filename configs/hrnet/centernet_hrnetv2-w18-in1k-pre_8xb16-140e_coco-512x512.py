_base_ = [
    '../_base_/models/centernet_hrnetv2-w18.py',
    '../_base_/datasets/coco_detection_512x512.py',
    '../_base_/schedules/sgd_step_140e.py',
    '../_base_/default_runtime_det.py'
]
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained', checkpoint='open-mmlab://msra/hrnetv2_w18')))
