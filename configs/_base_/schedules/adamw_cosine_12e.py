_base_ = './adamw_cosine_6e.py'
_base_.param_scheduler[1].end = 12
_base_.param_scheduler[1].T_max = 12
train_cfg = dict(max_epochs=12)
