# Cityscapes with the augmentation of HRNet's authors
# (HRNet-Semantic-Segmentation, lib/datasets/base_dataset.py).
_base_ = './cityscapes.py'
crop_size = (512, 1024)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedAnnotations', num_classes=19),
    dict(
        type='RandomScaleCrop',
        scale=(2048, 1024),
        ratio_range=(0.5, 2.1),
        step=0.1,
        crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs')
]
# --tta: the paper's six scales and their mirror images
tta_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(
        type='TestTimeAug',
        transforms=[[
            dict(type='Resize', scale_factor=scale, keep_ratio=True)
            for scale in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
        ],
                    [
                        dict(type='RandomFlip', prob=0.),
                        dict(type='RandomFlip', prob=1.)
                    ],
                    [dict(type='LoadCheckedAnnotations', num_classes=19)],
                    [dict(type='PackSegInputs')]])
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
