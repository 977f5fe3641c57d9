_base_ = [
    '../_base_/models/fcn_uhrnet-w48.py', '../_base_/datasets/cityscapes.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_120k.py'
]
model = dict(data_preprocessor=dict(size=(512, 1024)))
