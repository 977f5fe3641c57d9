_base_ = [
    '../_base_/models/depth_uhrnet-w18-small.py',
    '../_base_/datasets/nyu_416x544.py',
    '../_base_/default_runtime_depth.py',
    '../_base_/schedules/adamw_onecycle_24e.py'
]
model = dict(
    data_preprocessor=dict(size=(416, 544)),
    decode_head=dict(max_depth=10.0, loss_decode=dict(max_depth=10.0)))
