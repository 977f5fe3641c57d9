_base_ = [
    '../_base_/models/ocrnet_hrnet-w48.py',
    '../_base_/datasets/pascal-context-59_480x480.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_60k.py'
]
_base_.model.decode_head[0].num_classes = 59
_base_.model.decode_head[1].num_classes = 59
model = dict(
    data_preprocessor=dict(size=(480, 480)),
    test_cfg=dict(mode='slide', crop_size=(480, 480), stride=(320, 320)))
