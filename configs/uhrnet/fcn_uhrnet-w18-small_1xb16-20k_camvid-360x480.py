_base_ = './fcn_uhrnet-w18_1xb16-20k_camvid-360x480.py'
model = dict(backbone=dict(arch='w18-small'))
