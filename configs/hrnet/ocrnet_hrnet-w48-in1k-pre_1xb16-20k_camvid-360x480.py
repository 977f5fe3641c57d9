_base_ = './ocrnet_hrnet-w48_1xb16-20k_camvid-360x480.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='open-mmlab://msra/hrnetv2_w48')))
