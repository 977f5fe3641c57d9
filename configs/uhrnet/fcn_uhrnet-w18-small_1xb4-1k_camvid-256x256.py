# A short run for a CPU.
_base_ = [
    '../_base_/models/fcn_uhrnet.py', '../_base_/datasets/camvid_256x256.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_1k.py'
]
model = dict(
    data_preprocessor=dict(size=(256, 256)),
    backbone=dict(arch='w18-small'),
    decode_head=dict(num_classes=11))
auto_scale_lr = dict(base_batch_size=4)
