_base_ = [
    '../_base_/models/fcn_uhrnet-w18.py',
    '../_base_/datasets/ade20k_520x520.py', '../_base_/default_runtime_seg.py',
    '../_base_/schedules/sgd_poly_150k.py'
]
model = dict(
    data_preprocessor=dict(size=(520, 520)),
    decode_head=dict(num_classes=150),
    test_cfg=dict(mode='slide', crop_size=(520, 520), stride=(346, 346)))
