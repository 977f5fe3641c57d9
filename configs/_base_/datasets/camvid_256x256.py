# CamVid with small crops and batches, for short runs on a CPU.
_base_ = './camvid_360x480.py'
crop_size = (256, 256)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedAnnotations', num_classes=11),
    dict(
        type='RandomScaleCrop',
        scale=(480, 360),
        ratio_range=(0.5, 2.0),
        step=0.25,
        crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomColorDistortion'),
    dict(type='PackSegInputs')
]
train_dataloader = dict(
    batch_size=4, num_workers=2, dataset=dict(pipeline=train_pipeline))
