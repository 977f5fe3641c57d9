_base_ = [
    '../_base_/models/cascade-mask-rcnn_uhrnetv2p-w18.py',
    '../_base_/datasets/coco_instance.py',
    '../_base_/schedules/sgd_step_20e.py',
    '../_base_/default_runtime_det.py'
]
