_base_ = './depth_uhrnet-w18.py'
model = dict(backbone=dict(arch='w18-small'))
