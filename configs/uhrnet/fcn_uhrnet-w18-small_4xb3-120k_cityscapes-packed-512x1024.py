_base_ = [
    '../_base_/models/fcn_uhrnet-w18-small.py',
    '../_base_/datasets/cityscapes_packed.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_120k.py'
]
model = dict(data_preprocessor=dict(size=(512, 1024)))
