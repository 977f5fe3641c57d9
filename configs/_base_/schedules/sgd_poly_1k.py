_base_ = './sgd_poly_80k.py'
param_scheduler = [
    dict(
        type='PolyLR',
        power=0.9,
        eta_min=0,
        begin=0,
        end=1000,
        by_epoch=False)
]
train_cfg = dict(max_iters=1000, val_interval=250)
default_hooks = dict(
    logger=dict(interval=10), checkpoint=dict(interval=250))
auto_scale_lr = dict(base_batch_size=4)
