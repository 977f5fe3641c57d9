# COCO-Stuff 164k, 171 classes, in MMSegmentation's protocol: HRNet's authors
# trained on the 10k version, or do not state the split.
dataset_type = 'COCOStuffDataset'
data_root = 'data/coco_stuff164k/'
crop_size = (512, 512)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedAnnotations', num_classes=171),
    dict(
        type='RandomScaleCrop',
        scale=(2048, 512),
        ratio_range=(0.5, 2.0),
        crop_size=crop_size,
        cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),  # by this name inferencers look for it
    dict(type='CheckImageFile'),
    dict(type='Resize', scale=(2048, 512), keep_ratio=True),
    dict(type='LoadCheckedAnnotations', num_classes=171),
    dict(type='PackSegInputs')
]
# --tta: MMSegmentation's six scales and their mirror images
tta_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(
        type='TestTimeAug',
        transforms=[[
            dict(
                type='Resize',
                scale=(round(2048 * scale), round(512 * scale)),
                keep_ratio=True)
            for scale in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
        ],
                    [
                        dict(type='RandomFlip', prob=0.),
                        dict(type='RandomFlip', prob=1.)
                    ],
                    [dict(type='LoadCheckedAnnotations', num_classes=171)],
                    [dict(type='PackSegInputs')]])
]
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='ResumableInfiniteSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(
            img_path='images/train2017', seg_map_path='annotations/train2017'),
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
            img_path='images/val2017', seg_map_path='annotations/val2017'),
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='ExactIoUMetric', iou_metrics=['mIoU'])
test_evaluator = val_evaluator
