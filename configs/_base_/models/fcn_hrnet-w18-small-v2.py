_base_ = './fcn_hrnet-w18.py'
model = dict(backbone=dict(arch='w18-small-v2'))
