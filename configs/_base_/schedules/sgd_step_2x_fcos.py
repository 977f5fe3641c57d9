# FCOS's: half the rate, constant at a third of it to warm up, biases twice as
# fast and not decayed. 120k, 160k and 180k iterations in whole epochs.
_base_ = './sgd_step_1x.py'
optim_wrapper = dict(
    optimizer=dict(lr=0.01),
    paramwise_cfg=dict(bias_lr_mult=2., bias_decay_mult=0.))
param_scheduler = [
    dict(
        type='ConstantLR', factor=1 / 3, by_epoch=False, begin=0, end=500),
    dict(
        type='MultiStepLR',
        begin=0,
        end=24,
        by_epoch=True,
        milestones=[16, 22],
        gamma=0.1)
]
train_cfg = dict(max_epochs=24)
