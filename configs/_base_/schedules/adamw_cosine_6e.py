_base_ = './adamw_cosine_100e.py'
_base_.param_scheduler[0].end = 20
_base_.param_scheduler[1].end = 6
_base_.param_scheduler[1].T_max = 6
train_cfg = dict(max_epochs=6, val_interval=1)
default_hooks = dict(checkpoint=dict(interval=1))
auto_scale_lr = dict(base_batch_size=4)
