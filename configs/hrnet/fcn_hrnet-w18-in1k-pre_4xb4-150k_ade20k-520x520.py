_base_ = './fcn_hrnet-w18_4xb4-150k_ade20k-520x520.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='open-mmlab://msra/hrnetv2_w18')))
