_base_ = './adamw_poly_convnext_160k.py'
_base_.param_scheduler[1].end = 80000
train_cfg = dict(max_iters=80000, val_interval=4000)
default_hooks = dict(checkpoint=dict(interval=4000))
auto_scale_lr = dict(base_batch_size=8)
