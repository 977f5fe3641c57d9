# HFGD is compared with it.
_base_ = [
    '../_base_/models/fcn_uhrnet-w18-small.py',
    '../_base_/datasets/camvid_192x192.py', '../_base_/default_runtime_seg.py',
    '../_base_/schedules/adamw_poly_500it.py'
]
model = dict(
    data_preprocessor=dict(size=(192, 192)), decode_head=dict(num_classes=11))
