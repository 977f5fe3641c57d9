_base_ = './fcn_hrnet-w32_4xb3-120k_cityscapes-512x1024.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='open-mmlab://msra/hrnetv2_w32')))
