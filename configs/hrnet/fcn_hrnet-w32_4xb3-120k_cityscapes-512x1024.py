_base_ = [
    '../_base_/models/fcn_hrnet-w32.py',
    '../_base_/datasets/cityscapes_hrnet.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_120k.py'
]
model = dict(
    data_preprocessor=dict(size=(512, 1024)),
    test_cfg=dict(
        mode='slide', crop_size=(1024, 2048), stride=(1024, 2048)))
