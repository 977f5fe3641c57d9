# Cityscapes', with three images per GPU (TPAMI, section V, and PaddleSeg).
_base_ = './sgd_poly_80k.py'
param_scheduler = [
    dict(
        type='PolyLR',
        power=0.9,
        eta_min=0,
        begin=0,
        end=120000,
        by_epoch=False)
]
train_cfg = dict(max_iters=120000, val_interval=4000)
default_hooks = dict(checkpoint=dict(interval=4000))
auto_scale_lr = dict(base_batch_size=12)
