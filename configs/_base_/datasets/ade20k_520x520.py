# ADE20K as in HRNet-Semantic-Segmentation (experiments/ade20k): its README
# has the figures, the paper has none.
dataset_type = 'ADE20KDataset'
data_root = 'data/ade/ADEChallengeData2016/'
crop_size = (520, 520)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedAnnotations', num_classes=150),
    dict(
        type='RandomScaleCrop',
        scale=(520, 520),
        ratio_range=(0.5, 1.6),
        step=0.1,
        crop_size=crop_size),
    # black below and to the right of what is smaller
    dict(type='Pad', size=crop_size[::-1], pad_val=dict(img=0, seg=255)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),  # by this name inferencers look for it
    dict(type='CheckImageFile'),
    dict(type='Resize', scale=(520, 520), keep_ratio=True),
    dict(type='LoadCheckedAnnotations', num_classes=150),
    dict(type='PackSegInputs')
]
# --tta: the authors' seven scales and their mirror images
tta_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(
        type='TestTimeAug',
        transforms=[[
            dict(
                type='Resize',
                scale=(round(520 * scale), round(520 * scale)),
                keep_ratio=True)
            for scale in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
        ],
                    [
                        dict(type='RandomFlip', prob=0.),
                        dict(type='RandomFlip', prob=1.)
                    ],
                    [dict(type='LoadCheckedAnnotations', num_classes=150)],
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
            img_path='images/training', seg_map_path='annotations/training'),
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
            img_path='images/validation',
            seg_map_path='annotations/validation'),
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='ExactIoUMetric', iou_metrics=['mIoU'])
test_evaluator = val_evaluator
# --format-only: the images of release_test.zip. Labels are saved as 1 to 150.
submission = dict(
    dataset=dict(
        data_root='data/ade/',
        data_prefix=dict(img_path='release_test/testing', seg_map_path='')))
