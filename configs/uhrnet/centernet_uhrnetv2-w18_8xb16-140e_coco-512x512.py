_base_ = [
    '../_base_/models/centernet_uhrnetv2-w18.py',
    '../_base_/datasets/coco_detection_512x512.py',
    '../_base_/schedules/sgd_step_140e.py',
    '../_base_/default_runtime_det.py'
]
