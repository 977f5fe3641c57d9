_base_ = './sgd_step_1x.py'
_base_.param_scheduler[1].end = 20
_base_.param_scheduler[1].milestones = [16, 19]
train_cfg = dict(max_epochs=20)
