# What `make demo` trains: minutes on a CPU.
_base_ = [
    '../_base_/models/fcn_uhrnet-w18-small.py',
    '../_base_/datasets/scenes_192x320.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_1k.py'
]
model = dict(
    data_preprocessor=dict(size=(192, 320)), decode_head=dict(num_classes=11))
# AdamW gets further than SGD in so few iterations.
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=1e-3, weight_decay=0.01))
train_cfg = dict(max_iters=500)
param_scheduler = [
    dict(
        type='PolyLR',
        power=0.9,
        eta_min=0,
        begin=0,
        end=500,
        by_epoch=False)
]
