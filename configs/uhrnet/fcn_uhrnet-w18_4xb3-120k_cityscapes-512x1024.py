_base_ = './fcn_uhrnet-w18_4xb2-80k_cityscapes-512x1024.py'
train_dataloader = dict(batch_size=3)
train_cfg = dict(max_iters=120000)
param_scheduler = [
    dict(
        type='PolyLR',
        power=0.9,
        eta_min=0,
        begin=0,
        end=120000,
        by_epoch=False)
]
auto_scale_lr = dict(base_batch_size=12)
