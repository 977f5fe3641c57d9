_base_ = './hfgd_uhrnet-w18-small_1xb4-500it_camvid-192x192.py'
model = dict(decode_head=dict(cae='none'))
