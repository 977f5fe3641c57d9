_base_ = './ocrnet_uhrnet-w48_4xb4-150k_ade20k-520x520.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w48_in1k.pth',
            prefix='backbone.')))
