_base_ = [
    '../_base_/models/mask-rcnn_uhrnetv2p-w18.py',
    '../_base_/datasets/coco_instance.py',
    '../_base_/schedules/sgd_step_2x.py',
    '../_base_/default_runtime_det.py'
]
