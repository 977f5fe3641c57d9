_base_ = './fcn_hrnet-w18.py'
model = dict(
    backbone=dict(arch='w32'),
    decode_head=dict(in_channels=[32, 64, 128, 256], channels=480))
