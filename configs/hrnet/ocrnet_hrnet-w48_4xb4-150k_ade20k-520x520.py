_base_ = [
    '../_base_/models/ocrnet_hrnet-w48.py',
    '../_base_/datasets/ade20k_520x520.py', '../_base_/default_runtime_seg.py',
    '../_base_/schedules/sgd_poly_150k.py'
]
_base_.model.decode_head[0].num_classes = 150
_base_.model.decode_head[1].num_classes = 150
model = dict(
    data_preprocessor=dict(size=(520, 520)),
    test_cfg=dict(mode='slide', crop_size=(520, 520), stride=(346, 346)))
