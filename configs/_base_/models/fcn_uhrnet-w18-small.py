_base_ = './fcn_uhrnet-w18.py'
model = dict(backbone=dict(arch='w18-small'))
