_base_ = './fcos_uhrnetv2p-w18_4xb4-2x_coco.py'
model = dict(
    backbone=dict(
        arch='w18-small',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w18-small_in1k.pth',
            prefix='backbone.')))
