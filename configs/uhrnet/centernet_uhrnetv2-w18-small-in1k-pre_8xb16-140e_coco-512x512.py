_base_ = './centernet_uhrnetv2-w18_8xb16-140e_coco-512x512.py'
model = dict(
    backbone=dict(
        arch='w18-small',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w18-small_in1k.pth',
            prefix='backbone.')))
