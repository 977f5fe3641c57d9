_base_ = [
    '../_base_/models/depth_uhrnet-w18-small.py',
    '../_base_/datasets/kitti_352x704.py',
    '../_base_/default_runtime_depth.py',
    '../_base_/schedules/adamw_onecycle_24e.py'
]
model = dict(data_preprocessor=dict(size=(352, 704)))
