# LIP's (TPAMI, section V).
_base_ = './sgd_poly_80k.py'
optim_wrapper = dict(optimizer=dict(lr=0.007))
param_scheduler = [
    dict(
        type='PolyLR',
        power=0.9,
        eta_min=0,
        begin=0,
        end=110000,
        by_epoch=False)
]
train_cfg = dict(max_iters=110000, val_interval=5000)
default_hooks = dict(checkpoint=dict(interval=5000))
auto_scale_lr = dict(base_batch_size=40)
