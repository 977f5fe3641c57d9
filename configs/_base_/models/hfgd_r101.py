_base_ = './hfgd_r50.py'
model = dict(
    backbone=dict(
        depth=101,
        init_cfg=dict(checkpoint='open-mmlab://resnet101_v1c')))
