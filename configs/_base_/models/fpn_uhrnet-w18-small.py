_base_ = './fpn_uhrnet-w18.py'
model = dict(
    backbone=dict(
        arch='w18-small',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w18-small_in1k.pth',
            prefix='backbone.')))
