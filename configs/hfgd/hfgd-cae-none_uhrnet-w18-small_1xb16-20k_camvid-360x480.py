_base_ = './hfgd_uhrnet-w18-small_1xb16-20k_camvid-360x480.py'
model = dict(decode_head=dict(cae='none'))
