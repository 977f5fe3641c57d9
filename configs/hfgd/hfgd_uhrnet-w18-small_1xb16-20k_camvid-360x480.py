_base_ = [
    '../_base_/models/hfgd_uhrnet-w18-small.py',
    '../_base_/datasets/camvid_360x480.py', '../_base_/default_runtime_seg.py',
    '../_base_/schedules/sgd_poly_20k.py'
]
model = dict(
    data_preprocessor=dict(size=(360, 480)),
    backbone=dict(init_cfg=None),
    decode_head=dict(num_classes=11))
