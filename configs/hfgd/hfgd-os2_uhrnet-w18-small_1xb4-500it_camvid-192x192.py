_base_ = [
    '../_base_/models/hfgd-os2_uhrnet-w18-small.py',
    '../_base_/datasets/camvid_192x192.py', '../_base_/default_runtime_seg.py',
    '../_base_/schedules/adamw_poly_500it.py'
]
model = dict(
    data_preprocessor=dict(size=(192, 192)),
    backbone=dict(init_cfg=None),
    decode_head=dict(num_classes=11))
