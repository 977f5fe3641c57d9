_base_ = './ocrnet_uhrnet-w48_4xb3-120k_cityscapes-512x1024.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w48_in1k.pth',
            prefix='backbone.')))
