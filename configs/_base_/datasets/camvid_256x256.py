# CamVid with small crops and batches, for short runs on a CPU.
_base_ = './camvid_360x480.py'
crop_size = (256, 256)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedAnnotations', num_classes=11),
    # at 0.5, 0.75, ... 2.0 of their size
    dict(
        type='RandomChoiceResize',
        scales=[(240, 180), (360, 270), (480, 360), (600, 450), (720, 540),
                (840, 630), (960, 720)],
        keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomColorDistortion'),
    dict(type='PackSegInputs')
]
train_dataloader = dict(
    batch_size=4, num_workers=2, dataset=dict(pipeline=train_pipeline))
