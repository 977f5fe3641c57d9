# A short run for a CPU.
_base_ = [
    '../_base_/models/fcn_hrnet-w18-small-v2.py',
    '../_base_/datasets/camvid_256x256.py', '../_base_/default_runtime_seg.py',
    '../_base_/schedules/sgd_poly_1k.py'
]
model = dict(
    data_preprocessor=dict(size=(256, 256)), decode_head=dict(num_classes=11))
