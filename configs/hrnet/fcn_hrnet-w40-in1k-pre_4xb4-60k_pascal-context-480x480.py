_base_ = './fcn_hrnet-w40_4xb4-60k_pascal-context-480x480.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='open-mmlab://msra/hrnetv2_w40')))
