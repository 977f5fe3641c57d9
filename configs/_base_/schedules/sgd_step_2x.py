_base_ = './sgd_step_1x.py'
_base_.param_scheduler[1].end = 24
_base_.param_scheduler[1].milestones = [20, 23]
train_cfg = dict(max_epochs=24)
