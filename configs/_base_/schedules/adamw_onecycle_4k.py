# From scratch in minutes on a CPU: 4000 iterations of 8 small images.
_base_ = './adamw_onecycle_24e.py'
optim_wrapper = dict(optimizer=dict(lr=4e-3))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=1 / 25,
        by_epoch=False,
        begin=0,
        end=200),
    dict(
        type='CosineAnnealingLR',
        eta_min_ratio=1 / 2500,
        by_epoch=False,
        begin=200,
        end=4000,
        T_max=3800)
]
train_cfg = dict(
    _delete_=True,
    type='ResumableIterBasedTrainLoop',
    max_iters=4000,
    val_interval=500)
default_hooks = dict(
    logger=dict(interval=50, log_metric_by_epoch=False),
    checkpoint=dict(by_epoch=False, interval=500))
log_processor = dict(by_epoch=False)
auto_scale_lr = dict(base_batch_size=8)
