_base_ = './hfgd_r50_1xb4-500it_camvid-192x192.py'
model = dict(decode_head=dict(cae='none'))
