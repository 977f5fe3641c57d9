# From scratch in minutes on a CPU: 500 iterations of 4 images.
_base_ = './adamw_onecycle_24e.py'
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(
        type='LinearLR', start_factor=1 / 25, by_epoch=False, begin=0, end=50),
    dict(
        type='CosineAnnealingLR',
        eta_min_ratio=1 / 2500,
        by_epoch=False,
        begin=50,
        end=500,
        T_max=450)
]
train_cfg = dict(
    _delete_=True, type='IterBasedTrainLoop', max_iters=500, val_interval=250)
default_hooks = dict(
    logger=dict(interval=10, log_metric_by_epoch=False),
    checkpoint=dict(by_epoch=False, interval=250))
log_processor = dict(by_epoch=False)
auto_scale_lr = dict(base_batch_size=4)
