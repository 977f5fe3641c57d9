_base_ = './fcn_uhrnet-w18_4xb2-80k_cityscapes-512x1024.py'
model = dict(backbone=dict(arch='w18-small'))
