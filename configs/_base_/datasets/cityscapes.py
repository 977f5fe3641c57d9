# Cityscapes with the augmentation of the original U-HRNet recipe.
dataset_type = 'CityscapesDataset'
data_root = 'data/cityscapes/'
crop_size = (512, 1024)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedAnnotations', num_classes=19),
    dict(
        type='RandomScaleCrop',
        scale=(2048, 1024),
        ratio_range=(0.5, 2.0),
        step=0.25,
        crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(
        type='RandomColorDistortion',
        brightness=0.4,
        contrast=0.4,
        saturation=0.4,
        hue=18,
        prob=0.5),
    dict(type='PackSegInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),  # by this name inferencers look for it
    dict(type='CheckImageFile'),
    dict(type='LoadCheckedAnnotations', num_classes=19),
    dict(type='PackSegInputs')
]
# --tta: three scales and their mirror images
tta_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(
        type='TestTimeAug',
        transforms=[[
            dict(type='Resize', scale_factor=scale, keep_ratio=True)
            for scale in (0.75, 1.0, 1.25)
        ],
                    [
                        dict(type='RandomFlip', prob=0.),
                        dict(type='RandomFlip', prob=1.)
                    ],
                    [dict(type='LoadCheckedAnnotations', num_classes=19)],
                    [dict(type='PackSegInputs')]])
]
train_dataloader = dict(
    batch_size=3,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='ResumableInfiniteSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(
            img_path='leftImg8bit/train', seg_map_path='gtFine/train'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(
            img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='ExactIoUMetric', iou_metrics=['mIoU'])
test_evaluator = val_evaluator
# --format-only: the server takes label ids, not the train ids of the classes
submission = dict(
    dataset=dict(
        data_prefix=dict(
            img_path='leftImg8bit/test', seg_map_path='gtFine/test')),
    evaluator=dict(type='CityscapesMetric', keep_results=True))
