_base_ = './ocrnet_uhrnet-w48_4xb4-60k_pascal-context-480x480.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w48_in1k.pth',
            prefix='backbone.')))
