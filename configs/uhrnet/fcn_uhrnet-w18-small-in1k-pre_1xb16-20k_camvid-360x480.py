_base_ = './fcn_uhrnet-w18-small_1xb16-20k_camvid-360x480.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w18-small_in1k.pth',
            prefix='backbone.')))
