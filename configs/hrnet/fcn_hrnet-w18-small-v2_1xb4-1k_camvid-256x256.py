# A short run for a CPU.
_base_ = [
    '../_base_/models/fcn_hrnet.py', '../_base_/datasets/camvid_256x256.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_1k.py'
]
model = dict(
    data_preprocessor=dict(
        # as in the U-HRNet twin
        mean=[127.5, 127.5, 127.5],
        std=[127.5, 127.5, 127.5],
        size=(256, 256)),
    backbone=dict(
        extra=dict(
            stage1=dict(num_blocks=(2, )),
            stage2=dict(num_blocks=(2, 2)),
            stage3=dict(num_modules=3, num_blocks=(2, 2, 2)),
            stage4=dict(num_modules=2, num_blocks=(2, 2, 2, 2)))),
    decode_head=dict(num_classes=11))
auto_scale_lr = dict(base_batch_size=4)
