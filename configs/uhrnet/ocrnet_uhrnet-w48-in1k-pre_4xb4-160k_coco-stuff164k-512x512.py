_base_ = './ocrnet_uhrnet-w48_4xb4-160k_coco-stuff164k-512x512.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w48_in1k.pth',
            prefix='backbone.')))
