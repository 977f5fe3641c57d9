_base_ = './hfgd_r50_1xb4-500it_camvid-192x192.py'
model = dict(
    decode_head=dict(
        detach_low=False, detach_high=False, detach_kernels=False))
