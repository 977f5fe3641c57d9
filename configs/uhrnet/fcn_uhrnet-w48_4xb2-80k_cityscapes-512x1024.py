_base_ = './fcn_uhrnet-w18_4xb2-80k_cityscapes-512x1024.py'
model = dict(
    backbone=dict(arch='w48'),
    decode_head=dict(in_channels=[24, 48, 96, 192, 384], channels=744))
