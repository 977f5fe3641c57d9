# Pascal Context's (TPAMI, section V).
_base_ = './sgd_poly_80k.py'
optim_wrapper = dict(optimizer=dict(lr=0.004, weight_decay=1e-4))
param_scheduler = [
    dict(
        type='PolyLR',
        power=0.9,
        eta_min=0,
        begin=0,
        end=60000,
        by_epoch=False)
]
train_cfg = dict(max_iters=60000, val_interval=4000)
default_hooks = dict(checkpoint=dict(interval=4000))
auto_scale_lr = dict(base_batch_size=16)
