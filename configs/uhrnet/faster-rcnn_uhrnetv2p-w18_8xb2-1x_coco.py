_base_ = [
    '../_base_/models/faster-rcnn_uhrnetv2p-w18.py',
    '../_base_/datasets/coco_detection.py',
    '../_base_/schedules/sgd_step_1x.py',
    '../_base_/default_runtime_det.py'
]
