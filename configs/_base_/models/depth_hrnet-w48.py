_base_ = './depth_hrnet-w18.py'
model = dict(
    backbone=dict(arch='w48'),
    decode_head=dict(in_channels=[48, 96, 192, 384], channels=720))
