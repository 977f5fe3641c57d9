_base_ = './fcn_hrnet-w32_4xb10-110k_lip-473x473.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='open-mmlab://msra/hrnetv2_w32')))
