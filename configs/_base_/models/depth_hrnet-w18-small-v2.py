_base_ = './depth_hrnet-w18.py'
model = dict(backbone=dict(arch='w18-small-v2'))
