_base_ = './fcn_hrnet-w48_4xb4-160k_coco-stuff164k-512x512.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='open-mmlab://msra/hrnetv2_w48')))
