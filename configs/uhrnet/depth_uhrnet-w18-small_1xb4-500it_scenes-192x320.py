_base_ = [
    '../_base_/models/depth_uhrnet-w18-small.py',
    '../_base_/datasets/scenes-depth_192x320.py',
    '../_base_/default_runtime_depth.py',
    '../_base_/schedules/adamw_onecycle_500it.py'
]
model = dict(data_preprocessor=dict(size=(192, 320)))
