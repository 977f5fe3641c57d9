_base_ = './depth_hrnet-w48_4xb4-24e_nyu-416x544.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='open-mmlab://msra/hrnetv2_w48')))
