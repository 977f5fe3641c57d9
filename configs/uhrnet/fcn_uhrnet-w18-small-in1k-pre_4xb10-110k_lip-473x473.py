_base_ = './fcn_uhrnet-w18-small_4xb10-110k_lip-473x473.py'
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='checkpoints/uhrnet-w18-small_in1k.pth',
            prefix='backbone.')))
