_base_ = './fcn_uhrnet-w48_1xb16-20k_camvid-360x480.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w48_in1k.pth',
            prefix='backbone.')))
