_base_ = [
    '../_base_/models/depth_hrnet-w18.py',
    '../_base_/datasets/scenes-depth_96x160.py',
    '../_base_/default_runtime_depth.py',
    '../_base_/schedules/adamw_onecycle_4k.py'
]
model = dict(
    data_preprocessor=dict(size=(96, 160)),
    # 80 m of the camera with the shortest focal length
    decode_head=dict(max_depth=100.0, loss_decode=dict(max_depth=100.0)))
