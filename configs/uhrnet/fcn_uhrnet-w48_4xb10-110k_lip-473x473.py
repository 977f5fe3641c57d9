_base_ = [
    '../_base_/models/fcn_uhrnet-w48.py', '../_base_/datasets/lip_473x473.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_110k.py'
]
model = dict(
    data_preprocessor=dict(size=(473, 473)), decode_head=dict(num_classes=20))
