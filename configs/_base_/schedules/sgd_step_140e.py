# CenterNet's as MMDetection trains it: 28 epochs of COCO repeated five times,
# in batches of 128.
_base_ = './sgd_step_1x.py'
_base_.param_scheduler[0].start_factor = 0.001
_base_.param_scheduler[0].end = 1000
_base_.param_scheduler[1].end = 28
_base_.param_scheduler[1].milestones = [18, 24]
train_cfg = dict(max_epochs=28)
auto_scale_lr = dict(base_batch_size=128)
