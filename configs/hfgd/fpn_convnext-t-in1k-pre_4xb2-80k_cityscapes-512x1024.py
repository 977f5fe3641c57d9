_base_ = [
    '../_base_/models/fpn_convnext-t.py',
    '../_base_/datasets/cityscapes.py',
    '../_base_/default_runtime_seg.py',
    '../_base_/schedules/adamw_poly_convnext_80k.py'
]
model = dict(data_preprocessor=dict(size=(512, 1024)))
train_dataloader = dict(batch_size=2)
