_base_ = './depth_hrnet-w48_4xb4-24e_kitti-352x704.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='open-mmlab://msra/hrnetv2_w48')))
