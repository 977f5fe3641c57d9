_base_ = [
    '../_base_/models/fcn_hrnet.py', '../_base_/datasets/camvid_360x480.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_20k.py'
]
model = dict(
    data_preprocessor=dict(
        # as in the U-HRNet twin
        mean=[127.5, 127.5, 127.5],
        std=[127.5, 127.5, 127.5],
        size=(360, 480)),
    decode_head=dict(num_classes=11))
auto_scale_lr = dict(base_batch_size=16)
