# AdamW, 24 epochs of 16 images, one cycle: up for 7 epochs, down by a cosine.
# In two parts, as mmengine's OneCycleLR takes no notice of the optimiser's
# rate, and so none of --auto-scale-lr.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='AdamW', lr=1e-4, betas=(0.9, 0.95), weight_decay=0.01),
    clip_grad=dict(max_norm=35, norm_type=2))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=1 / 25,
        by_epoch=True,
        begin=0,
        end=7,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        eta_min_ratio=1 / 2500,
        by_epoch=True,
        begin=7,
        end=24,
        T_max=17,
        convert_to_iter_based=True)
]
train_cfg = dict(
    type='ResumableEpochBasedTrainLoop',
    max_epochs=24,
    val_interval=1)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='SafeCheckpointHook',
        interval=1,
        max_keep_ckpts=2,
        save_best='abs_rel',
        rule='less'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook'))
log_processor = dict(by_epoch=True)
# The total batch that the learning rate is for, see --auto-scale-lr
auto_scale_lr = dict(enable=False, base_batch_size=16)
