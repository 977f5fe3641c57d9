_base_ = './depth_uhrnet-w48_4xb4-24e_nyu-416x544.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w48_in1k.pth',
            prefix='backbone.')))
