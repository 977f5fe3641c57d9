_base_ = './fcn_hrnet-w18.py'
model = dict(
    backbone=dict(arch='w40'),
    decode_head=dict(in_channels=[40, 80, 160, 320], channels=600))
