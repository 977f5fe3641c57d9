_base_ = './fcn_hrnet-w40_1xb16-20k_camvid-360x480.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='open-mmlab://msra/hrnetv2_w40')))
