# Depth of the built-in scenes, 160x96 images; the sky has none. Written by
# tools/dataset_converters/scenes.py data/scenes-depth --train 1024 --val 64
# --size 96 160
dataset_type = 'ScenesDepthDataset'
data_root = 'data/scenes-depth/'
max_depth = 80.0
focal = 125.0  # about the mean of the cameras
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedDepth', scale=1, max_depth=max_depth),
    dict(type='CanonicalFocal', focal=focal),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomGammaColor'),
    dict(type='PackDepthInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),  # by this name inferencers look for it
    dict(type='CheckImageFile'),
    dict(type='LoadCheckedDepth', scale=1, max_depth=max_depth),
    dict(type='FreezeDepth'),
    dict(type='CanonicalFocal', focal=focal),
    dict(type='PackDepthInputs')
]
# --tta: three scales and their mirror images
tta_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedDepth', scale=1, max_depth=max_depth),
    dict(type='FreezeDepth'),
    dict(type='CanonicalFocal', focal=focal),
    dict(
        type='TestTimeAug',
        transforms=[[
            dict(type='RandomZoom', ratio_range=(scale, scale))
            for scale in (1.0, 0.9, 1.1)
        ],
                    [
                        dict(type='RandomFlip', prob=0.),
                        dict(type='RandomFlip', prob=1.)
                    ], [dict(type='PackDepthInputs')]])
]
train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='ResumableInfiniteSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(
            img_path='images/train', depth_map_path='depth/train'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        data_prefix=dict(img_path='images/val', depth_map_path='depth/val'),
        test_mode=True,
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(
    type='MonoDepthMetric', min_depth=1e-3, max_depth=max_depth)
test_evaluator = val_evaluator
# --format-only; there is no server
submission = dict(
    evaluator=dict(type='MonoDepthMetric', max_depth=max_depth))
