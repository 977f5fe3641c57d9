# MMSegmentation's, for COCO-Stuff 164k.
_base_ = './sgd_poly_80k.py'
param_scheduler = [
    dict(
        type='PolyLR',
        power=0.9,
        eta_min=1e-4,
        begin=0,
        end=160000,
        by_epoch=False)
]
train_cfg = dict(max_iters=160000, val_interval=8000)
default_hooks = dict(checkpoint=dict(interval=8000))
auto_scale_lr = dict(base_batch_size=16)
