# What `make demo` trains: minutes on a CPU.
_base_ = [
    '../_base_/models/fcn_uhrnet-w18-small.py',
    '../_base_/datasets/scenes_192x320.py',
    '../_base_/default_runtime_seg.py',
    '../_base_/schedules/adamw_poly_500it.py'
]
model = dict(
    data_preprocessor=dict(size=(192, 320)), decode_head=dict(num_classes=11))
