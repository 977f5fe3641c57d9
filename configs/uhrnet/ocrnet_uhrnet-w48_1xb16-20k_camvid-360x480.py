_base_ = [
    '../_base_/models/ocrnet_uhrnet-w48.py',
    '../_base_/datasets/camvid_360x480.py', '../_base_/default_runtime_seg.py',
    '../_base_/schedules/sgd_poly_20k.py'
]
_base_.model.decode_head[0].num_classes = 11
_base_.model.decode_head[1].num_classes = 11
model = dict(data_preprocessor=dict(size=(360, 480)))
