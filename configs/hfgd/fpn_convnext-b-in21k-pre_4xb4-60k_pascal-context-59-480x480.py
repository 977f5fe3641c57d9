_base_ = [
    '../_base_/models/fpn_convnext-b.py',
    '../_base_/datasets/pascal-context-59_480x480.py',
    '../_base_/default_runtime_seg.py',
    '../_base_/schedules/adamw_poly_convnext_60k.py'
]
model = dict(
    data_preprocessor=dict(size=(480, 480)),
    decode_head=dict(num_classes=59),
    test_cfg=dict(mode='slide', crop_size=(480, 480), stride=(320, 320)))
optim_wrapper = dict(paramwise_cfg=dict(num_layers=12))
